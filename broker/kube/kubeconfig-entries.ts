/** What a kubeconfig says of one cluster and of one user, read into shapes; what is not supported is refused by name. */
import { fault, type RoundsmanError } from "#sdk/errors.ts";
import type { ExecPlugin } from "./exec-plugin.ts";
import { isRecord, textOf } from "./fields.ts";
import type { OidcConfig } from "./oidc.ts";

/** A file that is read again now and then, or its content. */
export type Source = { readonly file: string } | { readonly data: string };

export interface ClusterEntry {
  readonly server: string;
  readonly ca?: Source;
  readonly servername?: string;
  readonly insecure?: boolean;
  readonly proxy?: string;
}

/** How a user proves who he is. All of it may be absent: then he is anonymous. */
export interface Login {
  readonly name: string;
  readonly cert?: Source;
  readonly key?: Source;
  readonly token?: Source;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly exec?: ExecPlugin;
  readonly oidc?: OidcConfig;
}

type Fields = Readonly<Record<string, unknown>>;
type Absolute = (path: string) => string;

export function readCluster(
  name: string,
  fields: Fields,
  absolute: Absolute,
  invalid: (what: string) => RoundsmanError,
): ClusterEntry {
  const server = textOf(fields.server);
  if (server === undefined) throw invalid(`the cluster "${name}" has no server`);
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw invalid(`the server "${server}" of the cluster "${name}" is no http:// or https:// URL`);
  }
  const ca = sourceOf(fields, "certificate-authority", absolute);
  const servername = textOf(fields["tls-server-name"]);
  const proxy = textOf(fields["proxy-url"]);
  return {
    server: server.replace(/\/+$/, ""),
    insecure: fields["insecure-skip-tls-verify"] === true,
    ...(ca && { ca }),
    ...(servername !== undefined && { servername }),
    ...(proxy !== undefined && { proxy }),
  };
}

export function readLogin(name: string, fields: Fields, absolute: Absolute, source: string): Login {
  const refuse = (what: string, fix: string) => fault("kube-auth-unsupported", { user: name, source, what, fix });
  if (["as", "as-uid", "as-groups", "as-user-extra"].some((field) => fields[field] !== undefined)) {
    throw refuse("impersonation (as)", "give it rights of its own");
  }
  const cert = sourceOf(fields, "client-certificate", absolute);
  const key = sourceOf(fields, "client-key", absolute);
  const tokenFile = textOf(fields.tokenFile);
  const token = textOf(fields.token);
  const username = textOf(fields.username);
  return {
    name,
    ...(cert && { cert }),
    ...(key && { key }),
    // As for kubectl, the file goes before the text.
    ...(tokenFile !== undefined
      ? { token: { file: absolute(tokenFile) } }
      : token !== undefined && { token: { data: token } }),
    ...(username !== undefined && { basic: { username, password: textOf(fields.password) ?? "" } }),
    ...(isRecord(fields.exec) && { exec: readExec(fields.exec, absolute, refuse) }),
    ...(isRecord(fields["auth-provider"]) && { oidc: readOidc(fields["auth-provider"], absolute, refuse) }),
  };
}

type Refuse = (what: string, fix: string) => RoundsmanError;

function readExec(exec: Fields, absolute: Absolute, refuse: Refuse): ExecPlugin {
  const command = textOf(exec.command);
  if (command === undefined) throw refuse("an exec plugin without a command", "name its command");
  if (exec.interactiveMode === "Always") {
    throw refuse(`the exec plugin ${command}, which must ask a person`, "use one that can run unattended");
  }
  const installHint = textOf(exec.installHint);
  return {
    // Only a path with a slash is looked for beside the kubeconfig, else in PATH.
    command: command.includes("/") ? absolute(command) : command,
    args: Array.isArray(exec.args) ? exec.args.map(String) : [],
    apiVersion: textOf(exec.apiVersion) ?? "client.authentication.k8s.io/v1",
    env: Object.fromEntries(
      (Array.isArray(exec.env) ? exec.env : []).filter(isRecord).map((e) => [String(e.name), String(e.value ?? "")]),
    ),
    provideClusterInfo: exec.provideClusterInfo === true,
    ...(installHint !== undefined && { installHint }),
  };
}

function readOidc(provider: Fields, absolute: Absolute, refuse: Refuse): OidcConfig {
  if (provider.name !== "oidc") {
    throw refuse(`the auth-provider ${provider.name}`, "Kubernetes 1.26 took it away; use the vendor's exec plugin");
  }
  const config = Object.entries(isRecord(provider.config) ? provider.config : {});
  const path = (key: string, value: string) => (key === "idp-certificate-authority" ? absolute(value) : value);
  return Object.fromEntries(config.map(([key, value]) => [key, path(key, String(value))]));
}

/** `<name>-data` holds base64, `<name>` a path; data goes before the file. */
function sourceOf(fields: Fields, name: string, absolute: Absolute): Source | undefined {
  const data = textOf(fields[`${name}-data`]);
  if (data !== undefined) return { data: Buffer.from(data, "base64").toString("utf8") };
  const file = textOf(fields[name]);
  return file === undefined ? undefined : { file: absolute(file) };
}
