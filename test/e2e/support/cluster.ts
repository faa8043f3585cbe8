import { homedir } from "node:os";
import { join } from "node:path";
import { createTurns } from "#sdk/runtime/turns.ts";
import type { Obj } from "./objects.ts";
import { Parts } from "./parts.ts";
import { type Ran, run, runWell } from "./run.ts";
import { clusterScripts } from "./testbed.ts";

export interface ClusterPlace {
  /** The folder of one cluster: certificates, data, logs, pids. */
  readonly state: string;
  /** Of its API server; the next nine are its own too. */
  readonly port: number;
}

export interface ImageOptions {
  readonly env: readonly string[];
  readonly workdir: string;
  readonly entrypoint: readonly string[];
}

/** kubectl takes a fifth of a second of CPU: more at once would only wait for each other. */
const AT_ONCE = 2;

/** A real cluster on this machine. */
export class Cluster {
  readonly place: ClusterPlace;
  readonly parts: Parts;
  readonly kubeconfig: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #cache: string;
  readonly #turn = createTurns(AT_ONCE);

  constructor(place: ClusterPlace) {
    this.place = place;
    this.parts = new Parts(place.state);
    this.kubeconfig = join(place.state, "admin.kubeconfig");
    this.#cache = process.env.CLUSTER_CACHE ?? join(homedir(), ".cache", "inspection-cluster");
    this.#env = {
      ...process.env,
      CLUSTER_CACHE: this.#cache,
      CLUSTER_STATE: place.state,
      CLUSTER_PORT: String(place.port),
    };
  }

  /** Starts it and waits until it is ready; one that runs already stays as it is. */
  async up(...flags: string[]): Promise<void> {
    await runWell(join(clusterScripts(), "up"), flags, { env: this.#env });
  }

  /** Ends all of it and removes its folder. */
  async down(): Promise<void> {
    await runWell(join(clusterScripts(), "down"), [], { env: this.#env });
  }

  /** Hands image archives to its node. */
  async load(...archives: string[]): Promise<void> {
    await runWell(join(clusterScripts(), "load"), archives, { env: this.#env });
  }

  /** Makes an image of a folder, on the test bed's own Node, and hands it to the node. Names begin with `dev.local/`. */
  async makeImage(name: string, folder: string, { env, workdir, entrypoint }: ImageOptions): Promise<void> {
    const archive = `${folder}.tar`;
    const more = [...env.flatMap((one) => ["--env", one]), "--workdir", workdir, "--", ...entrypoint];
    const base = join(this.#cache, "images", "node.tar");
    await runWell(join(clusterScripts(), "image"), [archive, name, folder, "--base", base, ...more], {
      env: this.#env,
    });
    await this.load(archive);
  }

  get kubectlFile(): string {
    return join(this.#cache, "bin", "kubectl");
  }

  get upCommand(): string {
    const { state, port } = this.place;
    return `CLUSTER_STATE='${state}' CLUSTER_PORT=${port} '${join(clusterScripts(), "up")}'`;
  }

  /** What it printed. @throws where it does not end well */
  kubectl(...args: string[]): Promise<string> {
    return this.#turn(() => runWell(this.kubectlFile, ["--kubeconfig", this.kubeconfig, ...args]));
  }

  /** Without judging how it ended. */
  tryKubectl(args: readonly string[], input?: string): Promise<Ran> {
    const options = input === undefined ? {} : { input };
    return this.#turn(() => run(this.kubectlFile, ["--kubeconfig", this.kubeconfig, ...args], options));
  }

  /** Applies objects, or `create`s those that apply cannot make (with a status, for one). */
  async apply(objects: readonly Obj[], verb: "apply" | "create" = "apply"): Promise<void> {
    const { code, stderr } = await this.tryKubectl(
      [verb, "-f", "-"],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    );
    if (code !== 0) throw new Error(`kubectl ${verb}: ${stderr}`);
  }

  /** A merge patch of an object (`["pod", "a", "-n", "b"]`), or of its status. */
  async patch(what: readonly string[], patch: object, subresource?: "status"): Promise<void> {
    await this.kubectl(
      "patch",
      ...what,
      "--type=merge",
      ...(subresource ? [`--subresource=${subresource}`] : []),
      "-p",
      JSON.stringify(patch),
    );
  }
}
