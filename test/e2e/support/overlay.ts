import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Cluster } from "./cluster.ts";
import { type Image, imageName, TAG } from "./images.ts";
import { ROOT } from "./testbed.ts";

const IMAGES: readonly Image[] = ["roundsman", "host"];

/** One's own kustomization on an overlay of ours, as a user writes it: where images come from, and what else is one's own. */
export class Overlay {
  readonly #cluster: Cluster;
  readonly #dir: string;

  /** @param folders below knative/ */
  constructor(cluster: Cluster, dir: string, folders: readonly string[], own: object = {}) {
    this.#cluster = cluster;
    mkdirSync(dir, { recursive: true });
    this.#dir = realpathSync(dir);
    const resources = folders.map((one) => relative(this.#dir, realpathSync(join(ROOT, "knative", one))));
    const images = IMAGES.map((image) => ({ name: `roundsman/${image}`, newName: imageName(image), newTag: TAG }));
    writeFileSync(join(this.#dir, "kustomization.yaml"), JSON.stringify({ resources, images, ...own }));
  }

  /** What would be applied, as YAML. */
  render(): Promise<string> {
    return this.#cluster.kubectl("kustomize", this.#dir);
  }

  apply(): Promise<string> {
    return this.#cluster.kubectl("apply", "-k", this.#dir);
  }

  remove(): Promise<string> {
    // The namespace goes first, and takes with it what is in it.
    return this.#cluster.kubectl("delete", "-k", this.#dir, "--ignore-not-found", "--wait", "--timeout=120s");
  }

  /** Every object of any kind that carries our label, and definitions of our kinds: what an uninstall must not leave. */
  async left(): Promise<string[]> {
    const listed = await this.#cluster.kubectl("api-resources", "--verbs=list", "-o", "name");
    const kinds = listed
      .trim()
      .split("\n")
      .filter((kind) => !kind.startsWith("events"));
    const names = ["get", kinds.join(","), "-A", "-o", "name", "--ignore-not-found"];
    const labelled = await this.#cluster.kubectl(...names, "-l", "app.kubernetes.io/name=roundsman");
    const all = await this.#cluster.kubectl(...names, "--chunk-size=0");
    return [...new Set(`${labelled}\n${all}`.split("\n"))].filter((name) =>
      labelled.includes(name) ? name !== "" : /roundsman/.test(name),
    );
  }
}
