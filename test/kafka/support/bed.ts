import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePorts } from "#test/e2e/support/ports.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const exec = promisify(execFile);

/** Brokers of a lane live for a minute: what makes them start sooner counts, not what makes them fast later. */
export const JVM = { KAFKA_HEAP: "384m", JAVA_TOOL_OPTIONS: "-XX:TieredStopAtLevel=1" };

const bedFolder = (): string => resolve(ROOT, process.env.ROUNDSMAN_TESTBED ?? "../shared");

/** Whether brokers can be started at all. */
export const hasBed = (): boolean => existsSync(resolve(bedFolder(), "kafka/kafka.sh"));

/** @throws where there is no test bed */
export function script(): string {
  const bed = bedFolder();
  const kafka = resolve(bed, "kafka/kafka.sh");
  if (!existsSync(kafka))
    throw new Error(
      `There is no test bed in ${bed}: this lane starts real brokers with its kafka/kafka.sh. Name its folder in ROUNDSMAN_TESTBED.`,
    );
  return kafka;
}

/** A Kafka of its own, with its data in a temporary folder. */
export class Bed {
  readonly brokers: readonly string[];
  /** As pods reach them, where it listens for those too. */
  readonly forPods: readonly string[];
  /** The folder with its data; who knows it can join in. */
  readonly cache: string;

  constructor(cache: string, brokers: readonly string[], forPods: readonly string[] = []) {
    this.cache = cache;
    this.brokers = brokers;
    this.forPods = forPods;
  }

  /** `listen`: a second address, such as the one that a cluster's pods reach. */
  static async up(count: 1 | 3, listen?: string): Promise<Bed> {
    const shared = process.env.KAFKA_CACHE ?? join(homedir(), ".cache/inspection-kafka");
    // The jars are installed once, and linked to.
    await exec(script(), ["tool", "kafka.Kafka", "--version"], { env: { ...process.env, KAFKA_CACHE: shared } });
    const cache = mkdtempSync(join(tmpdir(), "roundsman-kafka-"));
    for (const name of readdirSync(shared)) {
      if (name.startsWith("lib-")) symlinkSync(join(shared, name), join(cache, name));
    }
    const port = await freePorts(10);
    const at = (host: string, first: number) => Array.from({ length: count }, (_, n) => `${host}:${first + n}`);
    const bed = new Bed(cache, at("127.0.0.1", port), listen === undefined ? [] : at(listen, port + 100));
    const more = listen === undefined ? [] : ["--listen", listen];
    try {
      await bed.#run(["up", "--fresh", "--brokers", String(count), "--port", String(port), ...more]);
    } catch (e) {
      await bed.down();
      throw e;
    }
    return bed;
  }

  /** SIGKILL. Numbers begin with 1. */
  kill(broker: number): Promise<void> {
    return this.#run(["kill", String(broker)]);
  }

  /** An orderly stop. */
  stop(broker: number): Promise<void> {
    return this.#run(["stop", String(broker)]);
  }

  /** All that do not run, together: one alone has no quorum. */
  startAll(): Promise<void> {
    const [host] = (this.forPods[0] ?? "").split(":");
    const more = host ? ["--listen", host] : [];
    return this.#run([
      "up",
      "--brokers",
      String(this.brokers.length),
      "--port",
      this.brokers[0]!.split(":")[1]!,
      ...more,
    ]);
  }

  start(broker: number): Promise<void> {
    return this.#run(["start", String(broker)]);
  }

  /** SIGSTOP, wait, SIGCONT. Resolves with whether it stood. */
  async pause(broker: number, wait: () => Promise<unknown>): Promise<boolean> {
    const pid = Number(readFileSync(join(this.cache, "run", `${broker}.pid`), "utf8"));
    process.kill(pid, "SIGSTOP");
    try {
      await wait();
      return /\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } finally {
      process.kill(pid, "SIGCONT");
    }
  }

  /** Whether that broker runs. */
  async runs(broker: number): Promise<boolean> {
    const { stdout } = await exec(script(), ["status"], { env: { ...process.env, KAFKA_CACHE: this.cache } });
    return new RegExp(`^broker ${broker} port \\d+ pid`, "m").test(stdout);
  }

  /** One of Kafka's own tools. */
  tool(...args: string[]): Promise<void> {
    return this.#run(["tool", ...args]);
  }

  async down(): Promise<void> {
    await this.#run(["down"]).catch(() => undefined);
    rmSync(this.cache, { recursive: true, force: true });
  }

  async #run(args: readonly string[]): Promise<void> {
    await exec(script(), [...args], { env: { ...process.env, ...JVM, KAFKA_CACHE: this.cache } });
  }
}
