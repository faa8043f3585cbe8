import { describe, expect, it } from "vitest";
import { type Call, checkHistory, type Promised } from "./decision-history.ts";

const place = {
  operation: "drain",
  cluster: "a",
  actor: "bot",
  target: { kind: "Node", name: "n", uid: "u" },
} as const;
type Ask = Extract<Call, { what: "ask" }>;
const grant = (fence: number, invoked: number, returned: number, more: Partial<Ask> = {}): Ask => ({
  what: "ask",
  id: `r${fence}`,
  content: "c",
  place,
  invoked,
  returned,
  outcome: "granted",
  offset: fence,
  fence,
  ...more,
});
const promised: Promised[] = [{ name: "two", scope: "cluster", most: 2, span: 100 }];
const flawsOf = (calls: Call[]) => checkHistory(calls, promised).flaws;

describe("checkHistory", () => {
  it("finds nothing where all is well", () => {
    const calls = [grant(1, 0, 5), grant(2, 5, 10), grant(3, 50, 101), grant(2, 300, 310, { id: "r2" })];
    expect(checkHistory(calls, promised)).toEqual({ flaws: [], calls: 4, decided: 4, granted: 3 });
  });

  it.each([
    ["a window over budget", [grant(1, 0, 5), grant(2, 5, 10), grant(3, 50, 100)]],
    ["one id, two answers", [grant(1, 0, 5), grant(1, 6, 7, { outcome: "denied", fence: undefined } as never)]],
    ["one id, two grants", [grant(1, 0, 5), grant(9, 600, 700, { id: "r1" })]],
    ["one fence, two ids", [grant(1, 0, 5), grant(1, 0, 5, { id: "other" })]],
    ["order against real time", [grant(5, 0, 5), grant(2, 10, 20)]],
    [
      "a grant under the brake",
      [{ what: "brake", in: { scope: "fleet", names: [] }, offset: 3, released: 9 }, grant(4, 0, 5)],
    ],
  ] as [string, Call[]][])("finds %s", (_, calls) => {
    expect(flawsOf(calls).length).toBeGreaterThan(0);
  });

  it("takes a grant to be as old as the first call of its id, which may have got no answer", () => {
    const { returned: _, outcome: __, offset: ___, fence: ____, ...unanswered } = grant(1, 0, 5);
    expect(flawsOf([unanswered, grant(1, 90, 95), grant(2, 91, 96), grant(3, 92, 101)])).toEqual([]);
  });

  it("counts each scope for itself, and only the operations that were named", () => {
    const elsewhere = { ...place, cluster: "b" };
    expect(flawsOf([grant(1, 0, 5), grant(2, 5, 10), grant(3, 50, 60, { place: elsewhere })])).toEqual([]);
    const drains: Promised[] = [{ ...promised[0]!, operations: ["drain"] }];
    const cordon = { ...place, operation: "cordon" };
    expect(checkHistory([grant(1, 0, 5), grant(2, 5, 10), grant(3, 50, 60, { place: cordon })], drains).flaws).toEqual(
      [],
    );
  });
});
