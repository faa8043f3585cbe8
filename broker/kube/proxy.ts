/** Whether a proxy stands before the API server: the kubeconfig's `proxy-url`, else the usual variables, as for Go's clients. */
import { BlockList, isIP } from "node:net";
import { fault } from "#sdk/errors.ts";

/** Environment variables, handed in. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Throws `kube-proxy-unsupported` for anything but an http:// or https:// proxy. */
export function proxyFor(server: string, env: Env, named: string | undefined, source: string): string | undefined {
  const url = new URL(server);
  if (named !== undefined) return supported(named, source);
  const variable = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = env[variable] || env[variable.toLowerCase()];
  if (!proxy || exempt(url, env.NO_PROXY || env.no_proxy || "")) return undefined;
  return supported(proxy.includes("://") ? proxy : `http://${proxy}`, variable);
}

function supported(proxy: string, source: string): string {
  const protocol = URL.canParse(proxy) ? new URL(proxy).protocol : "";
  if (protocol !== "http:" && protocol !== "https:")
    throw fault("kube-proxy-unsupported", { source, proxy: hidePassword(proxy) });
  return proxy;
}

/** Is the server one of `NO_PROXY`: `*`, an address, a range, a domain with its subdomains (`.x` = these only), each `:port`? */
function exempt(server: URL, list: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = server.port || (server.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))) return true;
  return list
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => {
      if (entry === "*") return true;
      if (entry.includes("/")) return inRange(host, entry);
      const [, name = "", wantedPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
      if (name === "" || (wantedPort !== undefined && wantedPort !== port)) return false;
      const domain = name.replace(/^\*?\./, "");
      return (domain === name && host === name) || host.endsWith(`.${domain}`);
    });
}

function inRange(host: string, range: string): boolean {
  const [address = "", bits] = range.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || !(Number(bits) >= 0 && Number(bits) <= (family === 4 ? 32 : 128)))
    return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list.check(host, family === 4 ? "ipv4" : "ipv6");
}

/** A proxy's URL as it may be shown. */
export const hidePassword = (proxy: string): string => proxy.replace(/\/\/[^@/]*@/, "//***@");
