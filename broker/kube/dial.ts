/** One connection to the API server: TCP, through a proxy's CONNECT where there is one, TLS, and the protocol agreed on. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TlsOptions } from "./credentials.ts";
import { hidePassword } from "./proxy.ts";
import { unreachable } from "./unreachable.ts";

export type Protocol = "h2" | "http/1.1";

export interface Dialled {
  readonly socket: Socket;
  readonly protocol: Protocol;
}

/** Offers the protocols in this order. Rejects with `kube-unreachable`. */
export type Dial = (tls: TlsOptions, offer: readonly Protocol[]) => Promise<Dialled>;

export interface DialOptions {
  readonly server: string;
  readonly proxy?: string;
  /** ms for all of it. */
  readonly within: number;
}

/** Idle connections prove themselves to the kernel: after so many ms, then every second, ten times. */
const KEEP_ALIVE = 5_000;

export function dialer({ server, proxy, within }: DialOptions): Dial {
  const url = new URL(server);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  return async (tls, offer) => {
    let socket: Socket | undefined;
    let timer: NodeJS.Timeout | undefined;
    const steps = async (): Promise<Dialled> => {
      socket = proxy === undefined ? connectTcp({ host, port }) : await tunnel(new URL(proxy), host, port, within);
      if (proxy === undefined) await once(socket, "connect");
      socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
      if (url.protocol === "http:") return { socket, protocol: "http/1.1" };
      const secure = connectTls({
        ...tls,
        socket,
        host, // the certificate is checked against servername, else against this
        ...(tls.servername === undefined && isIP(host) === 0 && { servername: host }),
        ALPNProtocols: [...offer],
      });
      await once(secure, "secureConnect");
      return { socket: secure, protocol: secure.alpnProtocol === "h2" ? "h2" : "http/1.1" };
    };
    const late = new Promise<never>((_, fail) => {
      timer = setTimeout(
        () => fail(Object.assign(new Error(`no answer within ${within} ms`), { code: "ETIMEDOUT" })),
        within,
      );
    });
    try {
      return await Promise.race([steps(), late]);
    } catch (e) {
      socket?.destroy();
      throw unreachable(server, e, proxy);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Resolves with the event; rejects when the socket fails or closes before. */
const once = (socket: Socket, event: "connect" | "secureConnect"): Promise<void> =>
  new Promise((done, fail) => {
    const settle = (error?: Error) => {
      socket.off(event, settle).off("error", settle).off("close", closed);
      if (error) fail(error);
      else done();
    };
    const closed = () => settle(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" }));
    socket.on(event, settle).on("error", settle).on("close", closed);
  });

/** A socket that the proxy has tied to host:port. */
const tunnel = (proxy: URL, host: string, port: number, within: number): Promise<Socket> =>
  new Promise((done, fail) => {
    const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    const ask = (proxy.protocol === "https:" ? httpsRequest : httpRequest)({
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
      method: "CONNECT",
      path: target,
      agent: false,
      timeout: within,
      headers: {
        host: target,
        ...(login !== ":" && { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` }),
      },
    });
    const failed = (what: string) => fail(new Error(`the proxy ${hidePassword(proxy.origin)} ${what}`));
    ask.on("connect", (response, socket) => {
      if (response.statusCode === 200) return done(socket as Socket);
      socket.destroy();
      failed(`answered CONNECT ${target} with status ${response.statusCode}`);
    });
    ask.on("response", (response) => {
      response.destroy();
      failed(`answered CONNECT ${target} with status ${response.statusCode}`);
    });
    ask.on("timeout", () => ask.destroy(new Error(`gave no answer within ${within} ms`)));
    ask.on("error", (e) => failed(e.message));
    ask.end();
  });
