import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, type Candidate } from "./assign.ts";

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });
const candidates = fc.tuple(ids, fc.array(fc.array(fc.nat(40), { maxLength: 30 }), { minLength: 8, maxLength: 8 }));

describe("who reads which partition", () => {
  it("is said once for each, evenly, and the same in whatever order members come", () => {
    fc.assert(
      fc.property(candidates, fc.nat(40), ([names, owned], partitions) => {
        const members: Candidate[] = names.map((id, at) => ({ id, owned: owned[at]! }));
        const shares = assign(members, partitions);
        expect([...shares.values()].flat().toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: partitions }, (_, n) => n),
        );
        const sizes = [...shares.values()].map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        const again = assign(members.toReversed(), partitions);
        for (const [id, share] of shares) expect(again.get(id)).toEqual(share);
      }),
    );
  });

  it("moves no more than it must when a member comes or goes", () => {
    const two = assign(
      [
        { id: "a", owned: [] },
        { id: "b", owned: [] },
      ],
      12,
    );
    const three = assign([...[...two].map(([id, owned]) => ({ id, owned })), { id: "c", owned: [] }], 12);
    expect(three.get("c")).toHaveLength(4);
    for (const id of ["a", "b"]) expect(two.get(id)).toEqual(expect.arrayContaining(three.get(id)!));
    const left = assign(
      [
        { id: "a", owned: three.get("a")! },
        { id: "c", owned: three.get("c")! },
      ],
      12,
    );
    for (const id of ["a", "c"]) expect(left.get(id)).toEqual(expect.arrayContaining(three.get(id)!));
  });

  it("gives a partition that two lay claim to to one", () => {
    const shares = assign(
      [
        { id: "a", owned: [0, 1] },
        { id: "b", owned: [0, 1] },
      ],
      2,
    );
    expect([...shares.values()].map((share) => share.length)).toEqual([1, 1]);
  });
});
