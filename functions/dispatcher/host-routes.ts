import type { HostBook } from "#broker/dispatch/host-book.ts";
import { HttpTarget } from "#broker/dispatch/http-target.ts";
import { Spread } from "#broker/dispatch/spread.ts";
import type { Target } from "#broker/dispatch/target.ts";
import type { Route } from "./dispatcher.ts";

export interface HostRoutesOptions {
  /** Requests at once to one host. */
  readonly flights: number;
  /** ms from sending to the whole answer. */
  readonly timeout: number;
  readonly token: (() => string) | undefined;
  readonly ca: string | undefined;
  /** Monotonic ms. */
  readonly now: () => number;
}

/** So many requests to a host go out full or not; more only with full batches, when there is much to do. */
const EAGER = 2;

/** Routes to hosts as a book has them: hosts of the same cases are one target, and the same one each time. */
export class HostRoutes {
  readonly #options: HostRoutesOptions;
  readonly #hosts = new Map<string, HttpTarget>();
  readonly #targets = new Map<string, Target>();

  constructor(options: HostRoutesOptions) {
    this.#options = options;
  }

  of(book: Pick<HostBook, "cases">): Route[] {
    const { flights } = this.#options;
    const groups = new Map<string, { urls: readonly string[]; cases: string[] }>();
    for (const [name, { urls }] of book.cases()) {
      const id = urls.join(" ");
      const group = groups.get(id) ?? { urls, cases: [] };
      group.cases.push(name);
      groups.set(id, group);
    }
    return [...groups].map(([id, { urls, cases }]) => ({
      cases,
      target: this.#target(id, urls),
      flights: flights * urls.length,
      eager: EAGER * urls.length,
    }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.close()));
  }

  #target(id: string, urls: readonly string[]): Target {
    const { flights, now } = this.#options;
    const known = this.#targets.get(id);
    if (known) return known;
    const hosts = urls.map((url) => ({ url, flights, target: this.#host(url) }));
    const target = hosts.length === 1 ? hosts[0]!.target : new Spread(hosts, now);
    this.#targets.set(id, target);
    return target;
  }

  #host(url: string): HttpTarget {
    const { flights, timeout, token, ca } = this.#options;
    let host = this.#hosts.get(url);
    if (!host) {
      host = new HttpTarget({ url, connections: flights, timeout, ...(token && { token }), ca });
      this.#hosts.set(url, host);
    }
    return host;
  }
}
