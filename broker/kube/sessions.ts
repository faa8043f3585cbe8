/** The transport of one server: as many HTTP/2 sessions as its limit of streams needs, opened on demand; or HTTP/1.1. */
import { fault } from "#sdk/errors.ts";
import { onAbort } from "./abort.ts";
import type { Credentials, TlsOptions } from "./credentials.ts";
import type { Dial } from "./dial.ts";
import { Http1 } from "./h1.ts";
import { H2Session } from "./h2-session.ts";
import type { Transport, TransportOptions } from "./transport.ts";

export function createTransport(options: TransportOptions & { readonly dial: Dial }): Transport {
  const { server, dial, log } = options;
  const sessions = new Map<H2Session, TlsOptions>();
  let http1: Http1 | undefined;
  let opening: Promise<void> | undefined;
  let closed = false;

  const connect = async (tls: TlsOptions) => {
    const { socket, protocol } = await dial(tls, ["h2", "http/1.1"]);
    if (protocol === "http/1.1") {
      http1 = new Http1(options, socket);
      log?.info({ server, protocol }, "connected to the API server");
    } else {
      const session = await H2Session.start(socket, options);
      sessions.set(session, tls);
      log?.info({ server, protocol, sessions: sessions.size }, "connected to the API server");
    }
    if (closed) close();
  };

  /**
   * What `take` gets from a session (or `takeHttp1`), after connecting where none gave any. A stream must be taken at
   * once, before anybody else is asked: the limit is counted.
   */
  const from = async <T>(
    { tls }: Credentials,
    take: (session: H2Session) => T | Promise<T> | undefined,
    takeHttp1: (http1: Http1) => T | Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    for (;;) {
      signal?.throwIfAborted();
      if (closed) throw fault("kube-closed", { server });
      if (http1) return takeHttp1(http1);
      for (const [session, of] of sessions) {
        if (session.ended) sessions.delete(session);
        else if (of !== tls) session.retire();
        else {
          const taken = take(session);
          if (taken !== undefined) return taken;
        }
      }
      opening ??= connect(tls).finally(() => {
        opening = undefined;
      });
      await untilAborted(opening, signal);
    }
  };

  const close = () => {
    closed = true;
    const why = fault("kube-closed", { server });
    for (const session of sessions.keys()) session.end(why);
    http1?.end(why);
    sessions.clear();
  };

  return {
    protocol: (credentials) =>
      from(
        credentials,
        (session) => (session.usable ? session.protocol : undefined),
        () => "http/1.1",
      ),
    open: (request) =>
      from(
        request.credentials,
        (session) => (session.hasRoom(request.lasting) ? session.request(request) : undefined),
        (http1) => http1.request(request),
        request.signal,
      ),
    close,
  };
}

/** The promise's outcome, or before that the signal's reason. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((done, fail) => {
    const unlisten = onAbort(signal, () => fail(signal.reason));
    promise.then(done, fail).finally(unlisten);
  });
}
