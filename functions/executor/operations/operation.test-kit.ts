/** For tests: what every operation keeps, whoever wrote it. Called with an example of each kind of target that it is for. */
import { expect, it } from "vitest";
import { describeRequest } from "#broker/kube/described.ts";
import type { Client } from "#functions/practice/client.ts";
import { fault } from "#sdk/errors.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import { jobName } from "#sdk/operation/job.ts";
import { KINDS, type KindName, objectPath } from "../kinds.ts";
import type { Operation, Right } from "../operation.ts";
import type { Post } from "../post.ts";
import { JOB_RIGHTS } from "../rights.ts";
import { runGrant } from "../run.ts";
import { release } from "../sweep.ts";
import { grant, type World, type Write, world } from "../world.test-kit.ts";

export interface Example {
  readonly kind: KindName;
  /** Makes the target, and what it needs to be done something to. */
  make(admin: Client): any;
  readonly params?: Readonly<Record<string, unknown>>;
  /** What a cluster's controllers do meanwhile. */
  settle?(admin: Client): void;
  /** What must be seen in the end. */
  done(admin: Client, posted: readonly any[]): void;
  /** Somebody else does what the operation would, before it: none of its business later. */
  foreign?(admin: Client): void;
}

const path = ({ kind, ...of }: Example & { target: Granted["target"] }) => objectPath(kind, of.target);
const isJob = ({ path }: Write) => path.includes("/remedyoperationjobs");

/** The uid and resourceVersion that a write means. */
function meant({ method, path, body }: Write): { uid?: string; resourceVersion?: string } {
  if (method === "DELETE") return body.preconditions ?? {};
  if (path.endsWith("/eviction")) return body.deleteOptions?.preconditions ?? {};
  return body.metadata ?? {};
}

const rightOf = ({ verb, resource, path }: { verb: string; resource?: string; path: string }): string => {
  const { group } = describeRequest("GET", path);
  const plain = group ? resource!.replace(`.${group}`, "") : resource!;
  return `${group ?? ""}/${plain} ${verb}`;
};
const flat = (rights: readonly Right[]) =>
  rights.flatMap(({ group, resource, verbs }) => verbs.map((verb) => `${group}/${resource} ${verb}`)).sort();

interface Run {
  readonly at: World;
  readonly granted: Granted;
  readonly posted: any[];
  readonly job: any;
  /** Writes to anything but jobs. */
  readonly writes: readonly Write[];
}

interface More {
  readonly granted?: Partial<Granted>;
  prepare?(at: World, target: Granted["target"]): void;
  readonly brake?: string;
}

async function run(operation: Operation, example: Example, more: More = {}): Promise<Run> {
  const at = await world([operation]);
  const posted: any[] = [];
  const post: Post = async (_, event) => {
    posted.push(event);
    return 202;
  };
  const finding = { fingerprint: "f", episode: 1 };
  const params = example.params && { params: example.params };
  const granted = grant(at, operation.name, example.make(at.admin), 7, { finding, ...params, ...more.granted });
  at.server.requests.clear();
  more.prepare?.(at, granted.target);
  const edge = at.edge(
    "one",
    {
      brake: async () => more.brake,
      sleep: async (ms) => {
        at.timeline.advance(ms);
        example.settle?.(at.admin);
      },
    },
    post,
  );
  await runGrant(edge, granted);
  const job = await edge.jobs.get(jobName(granted.target));
  return { at, granted, posted, job, writes: at.sent.filter((write) => !isJob(write)) };
}

export function operationContract(operation: Operation, examples: readonly Example[]): void {
  const [example] = examples as [Example];
  const calls = operation.name === "webhook";

  it("says what it is in words that a grant, a role and a person can use", () => {
    expect(operation.name).toMatch(/^[a-z][a-z-]{1,30}$/);
    expect(operation.does.length).toBeGreaterThan(10);
    expect(operation.params.type).toBe("object");
    expect(examples.map(({ kind }) => kind).sort()).toEqual([...operation.targets].sort());
    for (const { group, resource, verbs } of operation.rights)
      expect(`${group} ${resource} ${verbs}`).not.toMatch(/\*|secret|escalate|bind|impersonate/);
  });

  it.each(examples)("is done and verified on a $kind, with its documented rights and no others", async (one) => {
    const { at, job, posted } = await run(operation, one);
    expect(job.status).toMatchObject({ phase: "Succeeded", begun: true, fence: 7 });
    one.done(at.admin, posted);
    expect(at.reports.map(({ what }) => what)).toEqual(["started", "succeeded"]);
    const used = at.server.requests.all().map((request) => rightOf(request as never));
    const allowed = flat([...operation.rights, ...JOB_RIGHTS]);
    expect(used.filter((right) => !allowed.includes(right))).toEqual([]);
  });

  it("uses every right that it asks for", async () => {
    const used = new Set<string>();
    for (const one of examples)
      for (const request of (await run(operation, one)).at.server.requests.all()) used.add(rightOf(request as never));
    expect(flat(operation.rights).filter((right) => !used.has(right))).toEqual([]);
  });

  it("means the uid and the version that it saw with every write", async () => {
    const { writes, at } = await run(operation, example);
    expect(writes.length).toBeGreaterThan(calls ? -1 : 0);
    for (const write of [...writes, ...at.sent.filter((one) => isJob(one) && one.method !== "POST")])
      expect(meant(write), `${write.method} ${write.path}`).toEqual(
        expect.objectContaining({ uid: expect.any(String), resourceVersion: expect.any(String) }),
      );
  });

  it("keeps evidence where it is destructive, and only there", async () => {
    const { job, granted } = await run(operation, example);
    if (!operation.destructive) return expect(job.status).not.toHaveProperty("evidence");
    expect(JSON.parse(job.status.evidence).metadata).toMatchObject({ uid: granted.target.uid });
  });

  it("touches no other object of the target's name", async () => {
    const { writes, posted, job, at } = await run(operation, example, {
      prepare: ({ admin }, { name, namespace }) => {
        admin.remove(example.kind, { name, namespace }, { gracePeriodSeconds: 0 });
        example.make(admin);
      },
    });
    expect([writes, posted, job]).toEqual([[], [], undefined]);
    expect(at.reports).toMatchObject([{ what: "failed", data: { failure: "target-gone", begun: false } }]);
  });

  it("refuses params that are none of its own", async () => {
    const params = { ...example.params, nonsense: 1 };
    const { writes, posted, at } = await run(operation, example, { granted: { params } });
    expect([writes, posted]).toEqual([[], []]);
    expect(at.reports).toMatchObject([{ data: { failure: "invalid", message: expect.stringContaining("nonsense") } }]);
  });

  it("refuses targets that are not for it", async () => {
    const target = { apiVersion: "v1", kind: "Secret", namespace: "default", name: "s", uid: "u" };
    const { at } = await run(operation, example, { granted: { target } });
    expect(at.reports).toMatchObject([{ data: { failure: "invalid", message: expect.stringContaining("Secret") } }]);
  });

  it("does nothing while the brake is on", async () => {
    const { writes, posted, at } = await run(operation, example, { brake: "ana pulled it" });
    expect([writes, posted]).toEqual([[], []]);
    expect(at.reports).toMatchObject([{ data: { failure: "brake", message: "ana pulled it", begun: false } }]);
  });

  it("leaves no doubt of a refusal", async () => {
    if (calls) return;
    const { job, at } = await run(operation, example, {
      prepare: ({ server }) => {
        for (const { group, resource, verbs } of operation.rights)
          server.knobs.forbid(
            group === "" ? resource.split("/")[0]! : `${resource.split("/")[0]}.${group}`,
            verbs.filter((verb) => verb !== "get" && verb !== "list"),
          );
      },
    });
    expect(job.status).toMatchObject({ phase: "Failed", failure: "refused" });
    expect(at.reports.at(-1)).toMatchObject({ what: "failed" });
  });

  it("is not done twice where its answer is lost: what came of it is looked at", async () => {
    if (calls) return;
    const lost = new Set<string>();
    const { at, writes, job } = await run(operation, example, {
      prepare(at) {
        at.after = (write) => {
          if (isJob(write) || lost.has(write.path)) return;
          lost.add(write.path);
          throw fault("kube-interrupted", { server: "it", what: "cut" });
        };
      },
    });
    expect(lost.size).toBeGreaterThan(0);
    const seen = writes.filter(({ taken }) => taken).map(({ method, path }) => `${method} ${path}`);
    expect(seen).toHaveLength(new Set(seen).size);
    expect(job.status.phase === "Succeeded" || job.status.failure === "unknown").toBe(true);
    expect(at.reports).toHaveLength(2);
  });

  it("sees the target anew where somebody changed it meanwhile", async () => {
    if (calls) return;
    let changed = false;
    const { job, at } = await run(operation, example, {
      prepare(at, target) {
        at.before = (write) => {
          if (changed || !write.path.startsWith(path({ ...example, target }))) return;
          changed = true;
          at.admin.edit(example.kind, target as never, (draft: any) => {
            draft.metadata.labels = { ...draft.metadata.labels, changed: "yes" };
          });
        };
      },
    });
    expect([changed, job.status.phase]).toEqual([true, "Succeeded"]);
    example.done(at.admin, []);
  });

  if (operation.undo === undefined) return;

  const over = new Map([["f", 1]]);
  const free = (_: string, work: () => Promise<void>) => work();

  it("takes back its own claim once its finding is resolved, and tells it", async () => {
    const { at, granted, job } = await run(operation, example);
    expect(job.status.holds).toMatchObject([{ operation: operation.name, fence: 7 }]);
    await release(at.edge("two"), new Map([["f", 0]]), free);
    example.done(at.admin, []);
    await release(at.edge("two"), over, free);
    expect(() => example.done(at.admin, [])).toThrow();
    expect(at.reports.at(-1)).toMatchObject({ what: "undone", data: { id: granted.id, fence: 7 } });
    const after: any = await at.edge("two").jobs.get(job.metadata.name);
    expect(after.status).toMatchObject({ phase: "Succeeded", undoneAt: expect.any(String) });
    expect(after.status).not.toHaveProperty("holds");
  });

  it("leaves what somebody else did before it", async () => {
    const { at, job } = await run(operation, example, { prepare: ({ admin }) => example.foreign!(admin) });
    expect(job.status.phase).toBe("Succeeded");
    expect(job.status).not.toHaveProperty("holds");
    await release(at.edge("two"), over, free);
    example.done(at.admin, []);
  });
}

export const allRights = (operations: readonly Operation[]): string[] =>
  [...new Set(flat([...JOB_RIGHTS, ...operations.flatMap(({ rights }) => rights)]))].sort();
export const kinds = Object.keys(KINDS) as KindName[];
