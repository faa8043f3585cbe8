import { readFile } from "node:fs/promises";
import { fault } from "../errors.ts";
import { readTls, type ServedTls, type TlsFiles } from "./tls.ts";

export interface TlsSettings {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** The certificate that settings name, if they do. `tell`: what is wrong with a renewed one. */
export async function servedTls(
  settings: TlsSettings,
  tell: (message: string) => void,
): Promise<ServedTls | undefined> {
  const files = filesOf(settings);
  if (!files) return undefined;
  const failed = (e: Error) => tell(`${e.message} The certificate before it stays in use.`);
  return { files, now: await readTls(files), failed };
}

function filesOf({ tlsCert: cert, tlsKey: key }: TlsSettings): TlsFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key, read: (file) => readFile(file, "utf8") };
  if (cert === undefined && key === undefined) return undefined;
  const [has, wants] = cert === undefined ? ["--tls-key", "--tls-cert"] : ["--tls-cert", "--tls-key"];
  throw fault("config-invalid", { where: "The settings", key: has!, what: `needs ${wants} beside it` });
}
