import { ApiServer } from "./api-server.ts";
import type { Cluster } from "./cluster.ts";
import type { Config } from "./configs.ts";
import type { Stage } from "./fault.ts";
import type { Obj } from "./objects.ts";
import { Recorder } from "./recorder.ts";
import { Roundsman } from "./roundsman.ts";
import { settle } from "./settled.ts";
import { KINDS, World } from "./world.ts";

/** A cluster that is looked at from two sides: by us, and by Roundsman. */
export class Scene implements Stage {
  readonly cluster: Cluster;
  readonly world: World;
  readonly #api: ApiServer;
  #roundsman: Roundsman | undefined;
  #recorder: Recorder | undefined;

  private constructor(cluster: Cluster, api: ApiServer) {
    this.cluster = cluster;
    this.#api = api;
    this.world = new World(api);
  }

  static async open(cluster: Cluster): Promise<Scene> {
    const scene = new Scene(cluster, new ApiServer(cluster.kubeconfig));
    await scene.world.follow(KINDS);
    return scene;
  }

  /** Applies objects and waits until they have come up. */
  async prepare(objects: readonly Obj[]): Promise<void> {
    await this.cluster.apply(objects);
    await settle(this.world);
  }

  /** Starts Roundsman, and from now on notes all that it says. */
  async inspect(configs: readonly Config[], kubeconfig = this.cluster.kubeconfig): Promise<void> {
    this.#roundsman = await Roundsman.start({ kubeconfig, configs });
    this.#recorder = new Recorder(this.#roundsman);
    this.#recorder.start();
  }

  get roundsman(): Roundsman {
    if (!this.#roundsman) throw new Error("Roundsman was not started");
    return this.#roundsman;
  }

  get recorder(): Recorder {
    if (!this.#recorder) throw new Error("Roundsman was not started");
    return this.#recorder;
  }

  /** Ends Roundsman as a service manager would; gives its exit code. */
  async end(): Promise<number | null> {
    await this.recorder.stop();
    return this.roundsman.stop();
  }

  async close(): Promise<void> {
    if (this.#roundsman) await this.end();
    this.#roundsman?.remove();
    this.world.close();
    this.#api.close();
  }
}
