/** The client of one API server: thin, streamed, and honest about how old what it shows is. */
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Access } from "./access.ts";
import { type Dial, dialer } from "./dial.ts";
import { type Discovery, discover } from "./discovery.ts";
import { isRecord, textOf } from "./fields.ts";
import { type ListOptions, listPages, type Page } from "./list.ts";
import { orMalformed, readObject } from "./objects.ts";
import { createRequester, type KubeRequest } from "./requester.ts";
import { createTransport } from "./sessions.ts";
import { type Logger, TIMEOUTS, type Timeouts } from "./transport.ts";
import { startWatch, type Watch, type WatchOptions } from "./watch.ts";

export interface KubeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly gitVersion: string;
}

/**
 * All of it rejects with `kube-unreachable`, `kube-interrupted`, `kube-credentials`, `kube-malformed`, `kube-too-large`,
 * `kube-closed`, or for a status of the server with `kube-unauthorized`, `-forbidden`, `-not-found`, `-conflict`, `-gone`,
 * `-throttled` (details.retryAfter: ms), `-failed`, `-refused`. Nothing is tried again but once after a 401.
 */
export interface KubeClient {
  readonly access: Access;
  /** Parsed JSON, without managedFields. */
  get<T = unknown>(path: string, options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** Whatever else: another method, a body, headers. */
  request(request: KubeRequest): Promise<KubeResponse>;
  list(path: string, options?: ListOptions): AsyncIterable<Page>;
  watch(path: string, options: WatchOptions): Watch;
  discover(signal?: AbortSignal): Promise<Discovery>;
  version(signal?: AbortSignal): Promise<Version>;
  /** Breaks off what runs; watches end as `closed`. */
  close(): void;
}

export interface ConnectOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** A number from 0 up to 1: spreads the ends of watches. */
  readonly random: () => number;
  readonly log?: Logger;
  readonly timeouts?: Partial<Timeouts>;
  /** How connections are made; by default TCP, a proxy's tunnel and TLS as `access` says. */
  readonly dial?: Dial;
}

/** Connects on the first request. */
export function connect(access: Access, options: ConnectOptions): KubeClient {
  const { clock, random, log } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const common = { clock, timeouts, ...(log && { log }) };
  const { server, proxy } = access;
  const dial = options.dial ?? dialer({ server, within: timeouts.connect, ...(proxy !== undefined && { proxy }) });
  const transport = createTransport({ ...common, server, dial });
  const requester = createRequester({ ...common, access, transport, random });

  const get = async <T>(path: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<T> => {
    const { body } = await requester.fetch({ path, ...(signal && { signal }) });
    return orMalformed(server, `GET ${path}`, () => readObject(body) as T);
  };

  return {
    access,
    get,
    async request(request) {
      const { reply, body } = await requester.fetch(request);
      return { status: reply.status, headers: reply.headers, text: body.toString() };
    },
    list: (path, listOptions) => listPages(requester, path, listOptions),
    watch: (path, watchOptions) => startWatch(requester, path, watchOptions),
    discover: (signal) => discover(requester, signal),
    async version(signal) {
      const said = await get("/version", signal && { signal });
      const { major, minor, gitVersion } = isRecord(said) ? said : {};
      // "34+" at some vendors
      return { major: leading(major), minor: leading(minor), gitVersion: textOf(gitVersion) ?? "" };
    },
    close: transport.close,
  };
}

const leading = (number: unknown): number => Number.parseInt(textOf(number) ?? "0", 10) || 0;
