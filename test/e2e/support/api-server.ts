import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { createInterface } from "node:readline";
import { parse } from "yaml";

export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: any;
}

const decoded = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, "base64"));

/** The API server, asked by plain HTTPS: what the lane measures by shares no code with what it measures. */
export class ApiServer {
  readonly #server: string;
  readonly #agent: Agent;

  constructor(kubeconfig: string) {
    const { clusters, users } = parse(readFileSync(kubeconfig, "utf8"));
    const { server, "certificate-authority-data": ca } = clusters[0].cluster;
    const { "client-certificate-data": cert, "client-key-data": key } = users[0].user;
    this.#server = server;
    this.#agent = new Agent({ keepAlive: true, ca: decoded(ca), cert: decoded(cert), key: decoded(key) });
  }

  async get(path: string): Promise<any> {
    const answer = await this.#ask(path);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text);
  }

  /** Tells changes as they come, until it is closed or the server ends it. */
  async watch(path: string, resourceVersion: string, changed: (change: Change) => void): Promise<Watching> {
    const answer = await this.#ask(`${path}?watch=1&resourceVersion=${resourceVersion}`);
    if (answer.statusCode !== 200) {
      answer.resume();
      throw new Error(`watch ${path}: ${answer.statusCode}`);
    }
    const lines = createInterface({ input: answer });
    lines.on("line", (line) => changed(JSON.parse(line) as Change));
    const ended = new Promise<void>((done) => answer.once("close", done));
    // A connection that breaks off ends the watch like any other end.
    answer.on("error", () => lines.close());
    return { ended, close: () => void answer.destroy() };
  }

  close(): void {
    this.#agent.destroy();
  }

  #ask(path: string): Promise<IncomingMessage> {
    return new Promise((done, fail) =>
      request(`${this.#server}${path}`, { agent: this.#agent }).once("response", done).once("error", fail).end(),
    );
  }
}

export interface Watching {
  readonly ended: Promise<void>;
  close(): void;
}
