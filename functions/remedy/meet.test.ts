import { describe, expect, it } from "vitest";
import type { Decision } from "#sdk/operation/decision.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import { answerOf, requestOf } from "./meet.ts";

const target = { apiVersion: "v1", kind: "Node", name: "n1", uid: "u1" };
const due = (more: Partial<RemedyDue> = {}): RemedyDue => ({
  id: "id1",
  matter: "m1",
  ailment: {
    fingerprint: "f1",
    episode: 7,
    cluster: "eu-1",
    case: "node/task-hung",
    message: "it hangs",
    owner: "team-a",
    target,
    pool: "gpu",
    depends: ["v1/Node", "v1/Event"],
    since: 1,
  },
  remedier: "hung",
  strategy: "act",
  step: 0,
  attempt: 1,
  operation: "drain",
  params: { within: "5m" },
  target,
  due: 1_000,
  ...more,
});
const decision = (more: Partial<Decision>): Decision => ({
  id: "id1",
  matter: "m1",
  outcome: "denied",
  offset: 4,
  time: 2_000,
  operation: "drain",
  cluster: "eu-1",
  target,
  actor: "remedy",
  reasons: [{ code: "brake" }],
  ...more,
});
const say = ({ outcome }: Decision) => `said ${outcome}`;
const answered = (of: Parameters<typeof answerOf>[1], more: Partial<RemedyDue> = {}) => {
  const { headers, value, topic } = answerOf(due(more), of, say);
  return { topic, what: headers.ce_type!.split(".").at(-2), id: headers.ce_id, data: JSON.parse(value!) };
};

it("asks for what is due, by the objects and kinds that it rests on", () => {
  expect(requestOf(due(), "remedy", 1_500)).toEqual({
    id: "id1",
    matter: "m1",
    operation: "drain",
    params: { within: "5m" },
    target,
    cluster: "eu-1",
    pool: "gpu",
    owner: "team-a",
    actor: "remedy",
    depends: ["v1/Node", "v1/Event"],
    due: 1_000,
    sent: 1_500,
    reason: "node/task-hung: it hangs (remedier hung, step 1, attempt 2)",
    finding: { fingerprint: "f1", episode: 7 },
  });
});

describe("the answer", () => {
  const grant = { fence: 9, notAfter: 7_000 };

  it("that grants is all that an executor goes by", () => {
    expect(answered({ decision: decision({ outcome: "granted", grant, reasons: [] }) })).toMatchObject({
      topic: "remedies",
      what: "granted",
      id: "id1/granted",
      data: {
        id: "id1",
        grant,
        operation: "drain",
        params: { within: "5m" },
        target,
        remedier: "hung",
        case: "node/task-hung",
      },
    });
  });

  it("that denies or waits says why and until when", () => {
    expect(answered({ decision: decision({ retryAt: 5 }) })).toMatchObject({
      what: "denied",
      data: { message: "said denied", until: 5 },
    });
    expect(answered({ decision: decision({ outcome: "waiting" }) })).toMatchObject({
      what: "waiting",
      data: { message: "said waiting" },
    });
  });

  it("that did not come is a denial", () => {
    const { what, data } = answered({ why: "it hung" });
    expect([what, data.message, data.decision]).toEqual([
      "denied",
      "The defender could not be asked, which means no: it hung",
      undefined,
    ]);
  });

  it.each<[string, Partial<Decision>]>([
    ["another request", { id: "id2" }],
    ["another operation", { operation: "cordon" }],
    ["another object of the name", { target: { ...target, uid: "u2" } }],
    ["another cluster", { cluster: "us-1" }],
    ["nothing that is granted", { grant: undefined as never }],
    ["no known outcome", { outcome: "maybe" as never }],
  ])("to %s is a denial", (_, more) => {
    const { what, data } = answered({ decision: decision({ outcome: "granted", grant, reasons: [], ...more }) });
    expect(what).toBe("denied");
    expect(data.message).toContain("is not believed");
  });

  it("is only said where it observes, whatever it is", () => {
    const observes = { strategy: "observe" } as const;
    expect(answered({ decision: decision({ outcome: "granted", grant }) }, observes)).toMatchObject({
      what: "observed",
      data: { message: "Would ask for drain, and be told: said granted" },
    });
    expect(answered({ why: "it hung" }, observes)).toMatchObject({ what: "observed" });
    const flaw = "of its latest 6 operations 2 succeeded";
    expect(answered({ why: "it hung" }, { ...observes, flaw }).data.message).toMatch(
      /^Remedier hung only observes: of its latest 6 operations 2 succeeded\. Would ask for drain\. The defender could not/,
    );
  });
});
