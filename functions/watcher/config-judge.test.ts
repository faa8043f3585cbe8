import { describe, expect, it } from "vitest";
import { fault } from "#sdk/errors.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { judge } from "./config-judge.ts";

const config = (name: string, of = name): Resource =>
  ({ apiVersion: "roundsman.dev/v1alpha1", kind: "ProbeConfig", metadata: { name }, spec: { case: of } }) as Resource;
const idOf = ({ kind, metadata }: Resource) => `${kind} ${metadata.name}`;
const offer = (...all: Resource[]) => all.map((read) => ({ id: idOf(read), read }));
const goodOf = (...all: Resource[]) => new Map(all.map((one) => [idOf(one), one]));
const bad = (where: string, what: string) => fault("config-invalid", { where, key: "spec.case", what });

/** Refuses the case `wrong`, and a case twice: the later. */
function check(resources: readonly Resource[]): void {
  const seen = new Map<string, string>();
  for (const one of resources) {
    const of = (one.spec as { case: string }).case;
    if (of === "wrong") throw bad(idOf(one), "is wrong");
    if (seen.has(of)) throw bad(idOf(one), `is ${seen.get(of)}'s too`);
    seen.set(of, idOf(one));
  }
}
const names = (resources: readonly Resource[]) =>
  resources.map(({ metadata, spec }) => `${metadata.name}=${(spec as { case: string }).case}`).sort();
const said = ({ refused }: ReturnType<typeof judge>) =>
  [...refused].map(([id, { message, stands }]) => `${id} ${stands}: ${message}`);

describe("what a cluster offers", () => {
  it("counts where nothing is wrong", () => {
    const judged = judge(offer(config("a"), config("b")), new Map(), check);
    expect([names(judged.resources), said(judged)]).toEqual([["a=a", "b=b"], []]);
  });

  it("is refused one by one: the others count", () => {
    const judged = judge(offer(config("a", "wrong"), config("b")), new Map(), check);
    expect(names(judged.resources)).toEqual(["b=b"]);
    expect(said(judged)).toEqual(["ProbeConfig a false: ProbeConfig a: spec.case is wrong."]);
  });

  it("leaves the last good one standing, and says so", () => {
    const judged = judge(offer(config("a", "wrong"), config("b")), goodOf(config("a")), check);
    expect(names(judged.resources)).toEqual(["a=a", "b=b"]);
    expect(said(judged)).toEqual(["ProbeConfig a true: ProbeConfig a: spec.case is wrong."]);
  });

  it("that cannot be read at all leaves the last good one standing too", () => {
    const offered = [{ id: "ProbeConfig a", read: bad("ProbeConfig a", "is missing") }];
    const judged = judge(offered, goodOf(config("a")), check);
    expect([names(judged.resources), judged.refused.size]).toEqual([["a=a"], 1]);
  });

  it("and is deleted counts no more, whatever counted before", () => {
    expect(judge([], goodOf(config("a")), check)).toEqual({ resources: [], refused: new Map(), instead: new Map() });
  });

  it("does not go together with what counts: what changed last is refused, though it is older", () => {
    const judged = judge(offer(config("a", "b"), config("b")), goodOf(config("a"), config("b")), check);
    expect(names(judged.resources)).toEqual(["a=a", "b=b"]);
    expect(said(judged)).toEqual(["ProbeConfig a true: ProbeConfig a: spec.case is ProbeConfig b's too."]);
    // Both say so, and nobody whose name merely begins so.
    expect([...judged.instead]).toEqual([["ProbeConfig b", ["ProbeConfig a"]]]);
    const named = judge(offer(config("b"), config("b-2", "b")), new Map(), check);
    expect([...named.instead]).toEqual([["ProbeConfig b", ["ProbeConfig b-2"]]]);
  });

  it("does not go together, all of it new: the younger is refused", () => {
    const judged = judge(offer(config("a", "x"), config("b", "x")), new Map(), check);
    expect(names(judged.resources)).toEqual(["a=x"]);
    expect([...judged.refused.keys()]).toEqual(["ProbeConfig b"]);
  });

  it("whose last good one does not go together any more counts no more", () => {
    const judged = judge(offer(config("b", "a"), config("a", "wrong")), goodOf(config("a"), config("b", "a")), check);
    expect(names(judged.resources)).toEqual(["b=a"]);
    expect([...judged.refused.values()].map(({ stands }) => stands)).toEqual([false]);
  });

  it("that counted and is refused now, as it stands, is taken out", () => {
    const judged = judge(offer(config("a", "wrong")), goodOf(config("a", "wrong")), check);
    expect([judged.resources, [...judged.refused.values()][0]?.stands]).toEqual([[], false]);
  });

  it("with a mistake that names nobody: what is new is held back", () => {
    const refuse = (resources: readonly Resource[]) => {
      if (resources.length > 1) throw bad("The configuration", "is too much");
    };
    const judged = judge(offer(config("a"), config("b")), goodOf(config("a")), refuse);
    expect([names(judged.resources), [...judged.refused.keys()]]).toEqual([["a=a"], ["ProbeConfig b"]]);
  });

  it("is not asked for ever where nothing at all is taken", () => {
    const never = () => {
      throw bad("The configuration", "is never right");
    };
    expect(() => judge(offer(config("a"), config("b")), goodOf(config("a")), never)).toThrow("never right");
  });
});
