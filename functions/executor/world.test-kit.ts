/** For tests: a small cluster on the practice server, and executors in it whose processes may end at any await. */
import { onTestFinished } from "vitest";
import { connect, type KubeClient, plainAccess } from "#broker/kube/index.ts";
import { type Client, createClient } from "#functions/practice/client.ts";
import { seededRandom } from "#functions/practice/random.ts";
import { type ApiServer, startApiServer } from "#functions/practice/server/server.ts";
import { create } from "#functions/practice/store/create.ts";
import { createStore, type Store } from "#functions/practice/store/store.ts";
import { createTimeline, type Timeline } from "#functions/practice/timeline.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import { DEFINITIONS } from "#sdk/resources/definitions.ts";
import { createCatalog } from "./catalog.ts";
import type { Edge, Report } from "./edge.ts";
import { createHands, type Hands } from "./hands.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import type { Operation } from "./operation.ts";
import { OPERATIONS } from "./operations/index.ts";
import type { Post } from "./post.ts";
import { LIMITS } from "./state.ts";

export const START = Date.parse("2026-11-26T12:00:00Z");
export const CLUSTER = "test";

export interface World {
  readonly store: Store;
  readonly server: ApiServer;
  /** All rights, no rules. */
  readonly admin: Client;
  readonly kube: KubeClient;
  readonly timeline: Timeline;
  readonly reports: Report[];
  /** One process. */
  edge(executor: string, more?: Partial<Edge>, post?: Post): Edge;
  /** What was sent that could change something. `before` is called first, and may change the world, or throw. */
  readonly sent: Write[];
  before: (write: Write) => void;
  /** Called with each answer; may throw, as if it were lost. */
  after: (write: Write) => void;
}

export interface Write {
  readonly method: string;
  readonly path: string;
  readonly body: any;
  /** It was answered with a yes. */
  taken?: boolean;
}

const noPost: Post = () => Promise.reject(new Error("nobody is called here"));

/** Time stands still but for those who sleep: a sleep takes no time of ours. */
export async function world(operations: readonly Operation[] = OPERATIONS, logLimit = 5_000): Promise<World> {
  const timeline = createTimeline(START);
  const store = createStore({ clock: timeline, random: seededRandom(1) });
  const server = await startApiServer({
    store,
    logLimit,
    report: (e) => {
      throw e;
    },
  });
  const definition = store.catalog.ofKind("apiextensions.k8s.io/v1", "CustomResourceDefinition")!;
  for (const crd of Object.values(DEFINITIONS)) create(store, definition, undefined, crd);
  timeline.advance(1_000);
  const kube = connect(plainAccess(server.url, CLUSTER), {
    clock: { monotonic: () => performance.now() },
    random: () => 0.5,
  });
  const reports: Report[] = [];
  const sent: Write[] = [];
  const recorded: KubeClient = {
    ...kube,
    async request(request) {
      const { method = "GET", path, body } = request;
      if (method === "GET") return kube.request(request);
      const write: Write = {
        method,
        path: path.split("?")[0]!,
        body: body === undefined ? undefined : JSON.parse(body),
      };
      sent.push(write);
      it.before(write);
      const answer = await kube.request(request);
      write.taken = true;
      it.after(write);
      return answer;
    },
  };
  const close = async () => {
    kube.close();
    timeline.stop();
    await server.close();
  };
  onTestFinished(close);
  const it: World = {
    store,
    server,
    sent,
    before: () => undefined,
    after: () => undefined,
    admin: createClient(store),
    kube: recorded,
    timeline,
    reports,
    edge: (executor, more = {}, post = noPost) => ({
      cluster: CLUSTER,
      executor,
      jobs: createJobs(recorded),
      hands: createHands(recorded, post),
      catalog: createCatalog(operations),
      limits: LIMITS,
      clock: { now: () => timeline.now() },
      sleep: async (ms) => timeline.advance(ms),
      signal: new AbortController().signal,
      brake: async () => undefined,
      beginning: (work) => work(),
      report: async (report) => void reports.push(report),
      warn: () => undefined,
      ...more,
    }),
  };
  return it;
}

let uniques = 0;

/** A grant that holds for five seconds from now. */
export function grant(
  world: Pick<World, "timeline">,
  operation: string,
  object: { apiVersion: string; kind: string; metadata: { name: string; namespace?: string; uid: string } },
  fence: number,
  more: Partial<Granted> = {},
): Granted {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, uid } = metadata;
  return {
    id: `request-${++uniques}`,
    cluster: CLUSTER,
    operation,
    target: { apiVersion, kind, name, uid, ...(namespace !== undefined && { namespace }) },
    grant: { fence, notAfter: world.timeline.now() + 5_000 },
    ...more,
  };
}

/** Thrown where a process ends: what it had sent may have arrived. */
export class Crash extends Error {}

/** When it ends: at which await, before what it does or after. */
export interface CrashPoint {
  readonly at: number;
  readonly when: "before" | "after";
}

/** Ends at one await of all that touch the world; from then on nothing more is done by it. Counts them too. */
export function crashing(edge: Edge, point: CrashPoint | undefined): { edge: Edge; awaits(): number } {
  let count = 0;
  let dead = false;
  const wrap = <F extends (...args: any[]) => Promise<any>>(f: F): F =>
    (async (...args: any[]) => {
      if (dead) throw new Crash("dead");
      const mine = ++count;
      const ends = point?.at === mine;
      if (ends && point.when === "before") {
        dead = true;
        throw new Crash(`before await ${mine}`);
      }
      const value = await f(...args);
      if (ends) dead = true;
      if (dead) throw new Crash(`after await ${mine}`);
      return value;
    }) as F;
  const all = <T extends object>(of: T): T =>
    Object.fromEntries(
      Object.entries(of).map(([name, one]) => [name, typeof one === "function" ? wrap(one as never) : one]),
    ) as T;
  return {
    edge: {
      ...edge,
      jobs: all<Jobs>(edge.jobs),
      hands: all<Hands>(edge.hands),
      report: wrap(edge.report),
      brake: wrap(edge.brake),
    },
    awaits: () => count,
  };
}

export const node = (admin: Client, name: string) =>
  admin.create("v1/Node", {
    metadata: { name },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  } as never);

/** A pod that runs on a node. */
export const pod = (admin: Client, name: string, nodeName: string, more: object = {}) =>
  admin.create("v1/Pod", {
    metadata: { name, namespace: "default", ...(more as { metadata?: object }).metadata },
    spec: { nodeName, terminationGracePeriodSeconds: 0, containers: [{ name: "c", image: "e.example/c:1" }] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  } as never);
