/** What carries requests to one server. HTTP/2 where the server speaks it, else HTTP/1.1. */
import type { Readable } from "node:stream";
import { fault, type RoundsmanError, sayError } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Credentials } from "./credentials.ts";
import type { Protocol } from "./dial.ts";

export interface OpenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly credentials: Credentials;
  /** A watch: it lasts, and must leave room for other requests. */
  readonly lasting: boolean;
  readonly signal?: AbortSignal;
}

/** An answer whose body is still to be read or cancelled. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readable;
  readonly carrier: Carrier;
  /** After the body's `end`: whether it ended whole. After its `close`: why it did not. */
  broken(): RoundsmanError | undefined;
  cancel(): void;
}

/** What a watch runs on: an HTTP/2 session, or on HTTP/1.1 all connections to the server together. */
export interface Carrier {
  readonly protocol: Protocol;
  /** Calls back with the monotonic moment at which a GET was sent that has just been answered. Gives the way to stop. */
  onProof(listener: (sentAt: number) => void): () => void;
}

export interface Transport {
  /** What the server speaks; connects to find out. */
  protocol(credentials: Credentials): Promise<Protocol>;
  /** Rejects with `kube-unreachable`, `kube-interrupted`, `kube-closed`, or the signal's reason. */
  open(request: OpenRequest): Promise<Reply>;
  /** Breaks off whatever runs. */
  close(): void;
}

/** All in ms. */
export interface Timeouts {
  /** Until a connection stands: name, TCP, TLS, the server's settings. */
  readonly connect: number;
  /** Until an answer begins. */
  readonly response: number;
  /** Between two pieces of an answer. */
  readonly stall: number;
  /** A watch without a byte for so long is taken for dead. */
  readonly silent: number;
  /** A small GET goes out so often on each session in use. */
  readonly heartbeat: number;
  /** Unanswered for so long, it ends the session. */
  readonly heartbeatAnswer: number;
  /** An unused session is closed after this. */
  readonly idle: number;
}

export const TIMEOUTS: Timeouts = {
  connect: 10_000,
  response: 60_000,
  stall: 30_000,
  silent: 150_000,
  heartbeat: 5_000,
  heartbeatAnswer: 10_000,
  idle: 60_000,
};

/** Takes what pino takes. */
export interface Logger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** What both transports are made of. */
export interface TransportOptions {
  readonly server: string;
  readonly timeouts: Timeouts;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log?: Logger;
}

export const interrupted = (server: string, e: unknown): RoundsmanError =>
  fault("kube-interrupted", { server, what: sayError(e) }, e);
