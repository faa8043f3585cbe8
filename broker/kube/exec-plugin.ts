/** Asks a kubeconfig's exec plugin for credentials (client.authentication.k8s.io). */
import { execFile } from "node:child_process";
import type { ClusterEntry } from "./kubeconfig-entries.ts";
import type { Env } from "./proxy.ts";

export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly apiVersion: string;
  readonly env: Readonly<Record<string, string>>;
  readonly provideClusterInfo: boolean;
  readonly installHint?: string;
}

export interface PluginCredentials {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Unix ms; absent = good until the server rejects it. */
  readonly expires?: number;
}

const PATIENCE = 60_000;

/** Runs the plugin unattended and ends it after a minute. Rejects with an Error that says what it said. */
export async function runExecPlugin(
  plugin: ExecPlugin,
  cluster: ClusterEntry,
  ca: string | undefined,
  env: Env,
): Promise<PluginCredentials> {
  const info = {
    kind: "ExecCredential",
    apiVersion: plugin.apiVersion,
    spec: { interactive: false, ...(plugin.provideClusterInfo && { cluster: describe(cluster, ca) }) },
  };
  const out = await run(plugin, { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) });
  return readAnswer(plugin.command, out);
}

const describe = (cluster: ClusterEntry, ca: string | undefined) => ({
  server: cluster.server,
  "insecure-skip-tls-verify": cluster.insecure === true,
  ...(cluster.servername !== undefined && { "tls-server-name": cluster.servername }),
  ...(cluster.proxy !== undefined && { "proxy-url": cluster.proxy }),
  ...(ca !== undefined && { "certificate-authority-data": Buffer.from(ca).toString("base64") }),
});

const run = (plugin: ExecPlugin, env: Env): Promise<string> =>
  new Promise((done, fail) => {
    const child = execFile(
      plugin.command,
      plugin.args,
      { env, timeout: PATIENCE, killSignal: "SIGKILL", maxBuffer: 1 << 20 },
      (error, stdout, stderr) => {
        if (error === null) return done(stdout);
        const { code, killed } = error;
        const said = stderr.trim().split("\n").slice(-3).join(" ").slice(0, 500);
        const hint = plugin.installHint === undefined ? "" : `; ${plugin.installHint.trim()}`;
        if ((code as unknown) === "ENOENT") return fail(new Error(`${plugin.command} is not installed${hint}`));
        if (killed) return fail(new Error(`${plugin.command} gave no answer within ${PATIENCE / 1000} s ${said}`));
        fail(new Error(`${plugin.command} failed (${code}): ${said || "it did not say why"}`, { cause: error }));
      },
    );
    child.stdin?.end(); // nobody is there to type
  });

function readAnswer(command: string, out: string): PluginCredentials {
  let status: Record<string, unknown> | undefined;
  try {
    status = JSON.parse(out).status;
  } catch (e) {
    throw new Error(`${command} wrote no JSON to its standard output`, { cause: e });
  }
  const field = (name: string) => {
    const value = status?.[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const token = field("token");
  const cert = field("clientCertificateData");
  const key = field("clientKeyData");
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw new Error(`${command} gave neither a token nor a client certificate with its key`);
  }
  const expires = Date.parse(field("expirationTimestamp") ?? "");
  return {
    ...(token !== undefined && { token }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(!Number.isNaN(expires) && { expires }),
  };
}
