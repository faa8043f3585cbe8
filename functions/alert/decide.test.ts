import { describe, expect, it } from "vitest";
import { type AlertSubscription, API_VERSION } from "#sdk/resources/schemas.ts";
import type { Finding } from "#sdk/terms.ts";
import { decide, matches, type Notice, type Told, toldBy } from "./decide.ts";

const finding = (more: Partial<Finding> = {}): Finding => ({
  fingerprint: "f1",
  case: "node/not-ready",
  severity: "high",
  state: "open",
  episode: 100,
  cluster: "prod",
  subject: { kind: "Node", name: "n1" },
  related: [],
  message: "m",
  owner: "team-a",
  firstSeen: "2026-01-01T00:00:00Z",
  lastSeen: "2026-01-01T00:00:00Z",
  episodes: 1,
  help: "h",
  ...more,
});
const subscription = (match?: AlertSubscription["spec"]["match"]): AlertSubscription => ({
  apiVersion: API_VERSION,
  kind: "AlertSubscription",
  metadata: { name: "s" },
  spec: { ...(match && { match }), sink: { stdout: {} } },
});
const all = subscription();

/** What a sink is told of these, one after the other. */
function tell(findings: readonly Finding[], of = all): string[] {
  let told: Told | undefined;
  const notices: Notice[] = [];
  for (const one of findings) {
    const notice = decide(of, one, told);
    if (!notice) continue;
    notices.push(notice);
    told = toldBy(notice);
  }
  return notices.map(({ id }) => id);
}

describe("decide", () => {
  it("tells when it opens, and when it is resolved, each once per episode", () => {
    const resolved = finding({ state: "resolved" });
    expect(tell([finding(), finding(), resolved, resolved])).toEqual(["f1/100/open", "f1/100/resolved"]);
    const again = finding({ episode: 200 });
    expect(tell([finding(), resolved, again])).toEqual(["f1/100/open", "f1/100/resolved", "f1/200/open"]);
  });

  it("tells again only when it got worse", () => {
    const of = (severity: Finding["severity"]) => finding({ severity });
    expect(tell([of("medium"), of("low"), of("medium"), of("critical"), of("critical")])).toEqual([
      "f1/100/open",
      "f1/100/worse-critical",
    ]);
  });

  it("tells nothing of an episode that is over, nor resolves what it did not tell", () => {
    expect(tell([finding({ episode: 200 }), finding({ episode: 100, state: "resolved" })])).toEqual(["f1/200/open"]);
    expect(tell([finding({ state: "resolved" })])).toEqual([]);
  });

  it("resolves what it told, also where it does not match any more", () => {
    const critical = subscription({ severity: "critical" });
    const [worst, milder] = [finding({ severity: "critical" }), finding({ severity: "low", state: "resolved" })];
    expect(tell([worst, milder], critical)).toEqual(["f1/100/open", "f1/100/resolved"]);
  });
});

describe("matches", () => {
  it.each([
    [{}, true],
    [{ severity: "high" }, true],
    [{ severity: "medium" }, true],
    [{ severity: "critical" }, false],
    [{ owner: ["team-*"] }, true],
    [{ owner: ["team-b", "team-c"] }, false],
    [{ case: ["node/*"], cluster: ["prod"] }, true],
    [{ case: ["node/*"], cluster: ["test"] }, false],
  ] as const)("%j: %s", (match, wanted) => {
    expect(matches(subscription(match as never), finding())).toBe(wanted);
  });

  it("an owner that is missing fits only `*`", () => {
    const { owner: _, ...rest } = finding();
    expect(matches(subscription({ owner: ["team-a"] }), rest)).toBe(false);
    expect(matches(subscription({ owner: ["*"] }), rest)).toBe(true);
  });
});
