import { createSecureContext, type SecureContextOptions } from "node:tls";
import { fault, sayError } from "../errors.ts";
import { sayFileError } from "../runtime/file-error.ts";

/** A server's certificate (with those that lead to its authority) and its private key, PEM. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly read: (file: string) => Promise<string>;
}

/** Reads both. Rejects with `config-unreadable` or `config-invalid`, where they are none or no pair. */
export async function readTls({ cert, key, read }: TlsFiles): Promise<Tls> {
  const textOf = async (file: string) => {
    try {
      return await read(file);
    } catch (e) {
      throw fault("config-unreadable", { where: file, what: sayFileError(e) }, e);
    }
  };
  const tls = { cert: await textOf(cert), key: await textOf(key) };
  try {
    createSecureContext(tls);
  } catch (e) {
    const what = `does not fit the key in ${key}, or one of them is no PEM (${sayError(e).replace(/\.$/, "")})`;
    throw fault("config-invalid", { where: cert, key: "the certificate", what }, e);
  }
  return tls;
}

/** How a server comes to its certificate. */
export interface ServedTls {
  readonly now: Tls;
  readonly files: TlsFiles;
  /** A renewed one is no good: told once, and the last good one stays. */
  readonly failed: (e: Error) => void;
  /** ms between two looks at the files. Default a minute: certificates are renewed long before they expire. */
  readonly every?: number;
}

export const secured = (tls: Tls): SecureContextOptions => ({ ...tls, minVersion: "TLSv1.2" });

/** Takes a renewed certificate for new connections, without a restart. Answers how to end it. */
export function renewTls(
  server: { setSecureContext(options: SecureContextOptions): void },
  { now, files, failed, every = 60_000 }: ServedTls,
): () => void {
  let last = now;
  let told = "";
  const look = async () => {
    try {
      const tls = await readTls(files);
      if (tls.cert !== last.cert || tls.key !== last.key) server.setSecureContext(secured(tls));
      last = tls;
      told = "";
    } catch (e) {
      const { message } = e as Error;
      if (message !== told) failed(e as Error);
      told = message;
    }
  };
  const timer = setInterval(() => void look(), every).unref();
  return () => clearInterval(timer);
}
