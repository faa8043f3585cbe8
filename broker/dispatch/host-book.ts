import { isDeepStrictEqual } from "node:util";
import type { Manifest } from "#sdk/case/manifest.ts";
import { sayError } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";

export interface HostBookOptions {
  readonly urls: readonly string[];
  readonly ask: (url: string) => Promise<readonly Manifest[]>;
  /**
   * ms between two looks at hosts that have answered; 0: only when a case is wanted that nobody has. To ask a host that
   * rests at zero wakes it.
   */
  readonly every: number;
  readonly clock: Pick<Clock, "monotonic">;
  readonly logger: Logger;
  /** What hosts have is other than before. */
  readonly changed: () => void;
}

/** ms: a host that has never answered is asked again after the first, then doubling up to the last. */
const FIRST = 500;
const LAST = 30_000;
/** ms: hosts are asked for a case that nobody has no sooner than this. */
const WANTED = 5_000;

/** Which host has which cases, by its own word. What one has said stands while it cannot be asked. */
export class HostBook {
  readonly #options: HostBookOptions;
  readonly #hosts: Map<string, { manifests: readonly Manifest[] | undefined; asked: number; pause: number }>;
  readonly #asking = new Map<string, Promise<void>>();
  readonly #planned = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>();
  #isStopped = false;

  constructor(options: HostBookOptions) {
    this.#options = options;
    this.#hosts = new Map(
      options.urls.map((url) => [url, { manifests: undefined, asked: Number.NEGATIVE_INFINITY, pause: FIRST }]),
    );
  }

  /** Begins to ask. Nothing is waited for. */
  start(): void {
    for (const url of this.#hosts.keys()) void this.#ask(url);
  }

  stop(): void {
    this.#isStopped = true;
    for (const { timer } of this.#planned.values()) clearTimeout(timer);
  }

  /** Hosts that have never answered. */
  get silent(): readonly string[] {
    return [...this.#hosts].flatMap(([url, { manifests }]) => (manifests ? [] : [url]));
  }

  /** Every case, with the hosts that have it, in the order of their URLs as given. */
  cases(): ReadonlyMap<string, { readonly manifest: Manifest; readonly urls: readonly string[] }> {
    const found = new Map<string, { manifest: Manifest; urls: string[] }>();
    for (const [url, { manifests = [] }] of this.#hosts)
      for (const manifest of manifests) {
        const known = found.get(manifest.name);
        if (known) known.urls.push(url);
        else found.set(manifest.name, { manifest, urls: [url] });
      }
    return found;
  }

  /** A case is wanted that nobody has: hosts are asked again, but not all the time. */
  wanted(): void {
    const now = this.#options.clock.monotonic();
    for (const [url, { asked }] of this.#hosts) {
      if (now - asked >= WANTED) void this.#ask(url);
      else this.#later(url, WANTED - (now - asked));
    }
  }

  #ask(url: string): Promise<void> {
    const asking = this.#asking.get(url) ?? this.#askNow(url).finally(() => this.#asking.delete(url));
    this.#asking.set(url, asking);
    return asking;
  }

  async #askNow(url: string): Promise<void> {
    const { ask, every, clock, logger, changed } = this.#options;
    const host = this.#hosts.get(url)!;
    host.asked = clock.monotonic();
    try {
      const manifests = await ask(url);
      if (this.#isStopped) return;
      host.pause = FIRST;
      const isSame = isDeepStrictEqual(manifests, host.manifests);
      host.manifests = manifests;
      if (!isSame) changed();
      if (every > 0) this.#later(url, every);
    } catch (e) {
      if (this.#isStopped) return;
      logger.warn({ url, err: sayError(e) }, "a host does not say its cases; asking again");
      if (host.manifests === undefined || every > 0) this.#later(url, host.manifests ? every : host.pause);
      host.pause = Math.min(host.pause * 2, LAST);
    }
  }

  /** The soonest of what is planned for a host counts. */
  #later(url: string, ms: number): void {
    const at = this.#options.clock.monotonic() + ms;
    const planned = this.#planned.get(url);
    if (this.#isStopped || (planned && planned.at <= at)) return;
    clearTimeout(planned?.timer);
    const timer = setTimeout(() => {
      this.#planned.delete(url);
      void this.#ask(url);
    }, ms);
    this.#planned.set(url, { timer, at });
  }
}
