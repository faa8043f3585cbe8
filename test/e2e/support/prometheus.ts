import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { stringify } from "yaml";
import { freePorts } from "./ports.ts";

/** A folder with `prometheus` and `promtool`. */
const hasBoth = (dir: string) => existsSync(join(dir, "prometheus")) && existsSync(join(dir, "promtool"));

/**
 * Debian's Prometheus: the folder that ROUNDSMAN_PROMETHEUS names, what is on the PATH, or what apt gives, taken out of its
 * package into a cache; nothing is installed. @throws where it cannot be had
 */
export function prometheusFolder(): string {
  const named = process.env.ROUNDSMAN_PROMETHEUS;
  if (named !== undefined && !hasBoth(named))
    throw new Error(`ROUNDSMAN_PROMETHEUS: ${named} has no prometheus and promtool`);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "roundsman-e2e", "prometheus");
  const known = [named, ...(process.env.PATH ?? "").split(delimiter), join(cache, "usr/bin")].find(
    (dir) => dir && hasBoth(dir),
  );
  if (known) return known;
  const fresh = `${cache}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    execFileSync("apt-get", ["download", "prometheus"], { cwd: fresh, stdio: "pipe", timeout: 60_000 });
    const [file] = readdirSync(fresh).filter((name) => name.endsWith(".deb"));
    execFileSync("dpkg-deb", ["-x", join(fresh, file!), fresh], { stdio: "pipe" });
    rmSync(cache, { recursive: true, force: true });
    renameSync(fresh, cache);
  } catch (e) {
    rmSync(fresh, { recursive: true, force: true });
    const { stderr } = e as { stderr?: Buffer };
    throw new Error(
      `There is no Prometheus here, and apt gives none (${stderr?.toString().trim() || e}). Install Debian's package prometheus, or name a folder with prometheus and promtool in ROUNDSMAN_PROMETHEUS.`,
    );
  }
  return join(cache, "usr/bin");
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: "pending" | "firing";
}

/** A Prometheus of its own on loopback: scrapes these every second, and goes by these rules. */
export class Prometheus {
  readonly #url: string;
  readonly #child: ReturnType<typeof spawn>;
  readonly #err: Buffer[];

  private constructor(url: string, child: ReturnType<typeof spawn>, err: Buffer[]) {
    this.#url = url;
    this.#child = child;
    this.#err = err;
  }

  /** @param targets by job, the URLs to scrape */
  static async start(dir: string, targets: Readonly<Record<string, string>>, rules: string): Promise<Prometheus> {
    const port = await freePorts(1);
    const config = join(dir, "prometheus.yaml");
    const scrapes = Object.entries(targets).map(([job, url]) => ({
      job_name: job,
      static_configs: [{ targets: [new URL(url).host] }],
    }));
    const global = { scrape_interval: "1s", evaluation_interval: "1s" };
    writeFileSync(config, stringify({ global, rule_files: [rules], scrape_configs: scrapes }));
    const err: Buffer[] = [];
    const child = spawn(
      join(prometheusFolder(), "prometheus"),
      [`--config.file=${config}`, `--storage.tsdb.path=${join(dir, "tsdb")}`, `--web.listen-address=127.0.0.1:${port}`],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    child.stderr!.on("data", (chunk: Buffer) => err.push(chunk));
    const started = new Prometheus(`http://127.0.0.1:${port}`, child, err);
    for (const until = Date.now() + 30_000; ; await wait(50)) {
      if (
        await fetch(`${started.#url}/-/ready`).then(
          (answer) => answer.ok,
          () => false,
        )
      )
        return started;
      if (child.exitCode !== null || Date.now() > until)
        throw new Error(`Prometheus is not ready:\n${Buffer.concat(err)}`);
    }
  }

  async #ask<T>(path: string): Promise<T> {
    const answer = (await (await fetch(this.#url + path)).json()) as { status: string; data: T; error?: string };
    if (answer.status !== "success") throw new Error(`${path}: ${answer.error}\n${Buffer.concat(this.#err)}`);
    return answer.data;
  }

  /** What an expression gives now: labels and value. */
  async query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
    const { result } = await this.#ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(path);
    return result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
  }

  /** Names of all metrics that targets say they have, with or without samples. */
  async metadata(): Promise<string[]> {
    return Object.keys(await this.#ask<object>("/api/v1/metadata?limit=10000"));
  }

  async alerts(): Promise<Alert[]> {
    return (await this.#ask<{ alerts: Alert[] }>("/api/v1/alerts")).alerts;
  }

  /** Rules whose last evaluation failed, and why. */
  async sick(): Promise<string[]> {
    const { groups } = await this.#ask<{ groups: { rules: { name: string; health: string; lastError?: string }[] }[] }>(
      "/api/v1/rules",
    );
    return groups.flatMap(({ rules }) =>
      rules.flatMap(({ name, health, lastError }) => (health === "err" ? [`${name}: ${lastError}`] : [])),
    );
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((done) => this.#child.once("exit", done));
    this.#child.kill("SIGTERM");
    await ended;
  }
}
