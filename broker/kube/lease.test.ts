import { describe, expect, it, onTestFinished } from "vitest";
import { seededRandom } from "#functions/practice/random.ts";
import { startApiServer } from "#functions/practice/server/server.ts";
import { createStore } from "#functions/practice/store/store.ts";
import { createTimeline } from "#functions/practice/timeline.ts";
import { plainAccess } from "./access.ts";
import { connect } from "./client.ts";
import { createLease } from "./lease.ts";
import { createWriter } from "./write.ts";

async function leases() {
  const timeline = createTimeline(Date.parse("2026-11-26T12:00:00Z"));
  const store = createStore({ clock: timeline, random: seededRandom(1) });
  const server = await startApiServer({ store, report: () => undefined });
  const client = connect(plainAccess(server.url, "test"), { clock: { monotonic: () => 0 }, random: () => 0.5 });
  onTestFinished(async () => {
    client.close();
    await server.close();
  });
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } };
  const writer = createWriter(client, "it");
  await writer.create("/api/v1/namespaces", namespace);
  /** `ahead`: its clock is wrong by so many ms. */
  const lease = (holder: string, ahead = 0) => {
    const clock = { now: () => timeline.now() + ahead, monotonic: () => timeline.now() };
    return createLease({ client, writer, namespace: "ns", name: "one", holder, duration: 15_000, clock });
  };
  return { lease, timeline, store };
}

describe("a lease", () => {
  it("is held by one, however many ask at once", async () => {
    const { lease } = await leases();
    const held = await Promise.all(["a", "b", "c", "d"].map((holder) => lease(holder).hold()));
    expect(held.filter(Boolean)).toHaveLength(1);
  });

  it("is taken over when it was not renewed for its duration, by one", async () => {
    const { lease, timeline, store } = await leases();
    const [a, b, c] = [lease("a"), lease("b"), lease("c")];
    expect(await a.hold()).toBe(true);
    for (const other of [b, c]) expect(await other.hold()).toBe(false);
    timeline.advance(10_000);
    expect(await a.hold()).toBe(true);
    expect(await b.hold()).toBe(false);
    timeline.advance(14_000);
    expect(await b.hold()).toBe(false);
    timeline.advance(2_000);
    const taken = await Promise.all([b.hold(), c.hold()]);
    expect(taken).toEqual([true, false]); // c saw the renewal only now
    expect(await a.hold()).toBe(false);
    expect(store.objects.list("leases.coordination.k8s.io")[0]!.spec).toMatchObject({
      holderIdentity: "b",
      leaseTransitions: 1,
    });
  });

  it("is judged by nobody else's clock", async () => {
    const { lease } = await leases();
    expect(await lease("a", -3_600_000).hold()).toBe(true);
    expect(await lease("b").hold()).toBe(false);
  });

  it("that is let go is free at once, and is let go by its holder alone", async () => {
    const { lease } = await leases();
    const [a, b] = [lease("a"), lease("b")];
    await a.hold();
    await b.release();
    expect(await b.hold()).toBe(false);
    await a.release();
    expect(await b.hold()).toBe(true);
  });
});
