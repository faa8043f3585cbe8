import { Agent, request } from "node:http";

export type Message = { readonly headers: Readonly<Record<string, string | number>>; readonly body: string };

/** Posts from so many clients, each on a connection that is kept. */
export class Posts {
  readonly #agent: Agent;
  readonly #clients: number;
  readonly #port: number;

  constructor(port: number, clients: number) {
    this.#port = port;
    this.#clients = clients;
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients });
  }

  /** @throws where one is not answered with a 2xx */
  async send(count: number, of: (n: number) => Message): Promise<void> {
    let n = 0;
    await Promise.all(
      Array.from({ length: this.#clients }, async () => {
        while (n < count) await this.one(of(n++));
      }),
    );
  }

  one({ headers, body }: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      const asking = request(
        { agent: this.#agent, port: this.#port, host: "127.0.0.1", path: "/", method: "POST", headers },
        (answer) => {
          answer.resume();
          const { statusCode = 0 } = answer;
          answer.on("end", () => (statusCode < 300 ? resolve() : reject(new Error(`it answered ${statusCode}`))));
        },
      );
      asking.on("error", reject);
      asking.end(body);
    });
  }

  end(): void {
    this.#agent.destroy();
  }
}
