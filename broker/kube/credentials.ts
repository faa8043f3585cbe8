/** What a connection and a request need to be let in, kept until it runs out. */
import { readFile } from "node:fs/promises";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { runExecPlugin } from "./exec-plugin.ts";
import type { ClusterEntry, Login, Source } from "./kubeconfig-entries.ts";
import { type OidcLogin, oidcLogin } from "./oidc.ts";
import type { Env } from "./proxy.ts";

/** Options of a TLS connection. The same object as long as its content is the same: connections are kept by it. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

export interface Credentials {
  readonly tls: TlsOptions;
  /** `authorization`, or nothing. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Mounted tokens are replaced some minutes before they expire, so a minute-old copy is good; so client-go too. */
const FILES_ARE_GOOD_FOR = 60_000;
/** ms before its end that a credential is no longer used. */
const LEEWAY = 10_000;

interface SourceOptions {
  readonly cluster: ClusterEntry;
  readonly login: Login;
  readonly source: string;
  readonly env: Env;
  readonly now: () => number;
}

interface Kept {
  readonly credentials: Credentials;
  /** Unix ms. */
  readonly until: number;
}

/** `credentials()` of an Access. At most one renewal runs at a time, however many ask. */
export function credentialSource(options: SourceOptions): (rejected?: Credentials) => Promise<Credentials> {
  const oidc = options.login.oidc && oidcLogin(options.login.oidc);
  let kept: Kept | undefined;
  let renewing: Promise<Kept> | undefined;
  return async (rejected) => {
    if (kept && kept.credentials !== rejected && options.now() < kept.until) return kept.credentials;
    renewing ??= load(options, oidc, kept?.credentials.tls).finally(() => {
      renewing = undefined;
    });
    kept = await renewing;
    return kept.credentials;
  };
}

async function load(
  options: SourceOptions,
  oidc: OidcLogin | undefined,
  before: TlsOptions | undefined,
): Promise<Kept> {
  const { cluster, login, source, env, now } = options;
  try {
    let until = [cluster.ca, login.cert, login.key, login.token].some((s) => s && "file" in s)
      ? now() + FILES_ARE_GOOD_FOR
      : Number.POSITIVE_INFINITY;
    const [ca, ownCert, ownKey, ownToken] = await Promise.all(
      [cluster.ca, login.cert, login.key, login.token].map((s) => s && read(s)),
    );
    const plugin = login.exec ? await runExecPlugin(login.exec, cluster, ca, env) : await oidc?.(now());
    if (plugin?.expires !== undefined) until = Math.min(until, plugin.expires - LEEWAY);
    const cert = plugin?.cert ?? ownCert;
    const key = plugin?.key ?? ownKey;
    const token = plugin?.token ?? ownToken?.trim();
    const tls: TlsOptions = {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(cluster.servername !== undefined && { servername: cluster.servername }),
      rejectUnauthorized: cluster.insecure !== true,
    };
    return {
      credentials: { tls: before && same(before, tls) ? before : tls, headers: authorization(token, login) },
      until,
    };
  } catch (e) {
    if (isFault(e)) throw e;
    throw fault("kube-credentials", { server: cluster.server, source, what: sayError(e) }, e);
  }
}

const read = async (from: Source): Promise<string> => ("data" in from ? from.data : readFile(from.file, "utf8"));

function authorization(token: string | undefined, { basic }: Login): Record<string, string> {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (basic === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString("base64")}` };
}

const same = (a: TlsOptions, b: TlsOptions): boolean =>
  a.ca === b.ca && a.cert === b.cert && a.key === b.key && a.servername === b.servername;
