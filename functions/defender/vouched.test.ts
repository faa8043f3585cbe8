import { expect, it } from "vitest";
import { DEFAULT_CONFIG } from "./config.ts";
import { reconfigure, remember } from "./history.ts";
import { emptyState, type State } from "./state.ts";
import { noteMoment, passVouched } from "./vouched.ts";

const from = (since?: readonly [number, number]) => ({
  writer: "w",
  number: 1,
  told: 0,
  end: 0,
  ...(since && { since }),
});
const place = { operation: "drain", cluster: "a", actor: "bot", target: { kind: "Node", name: "n" } };
/** A record at the offset, written so long after its writer had read another; perhaps a grant. */
function record(state: State, offset: number, since?: readonly [number, number], isGrant = false): number {
  const elapsed = passVouched(state, from(since));
  state.time.now += elapsed;
  if (isGrant) remember(state, { fence: offset, at: state.time.now, place });
  noteMoment(state, { offset, time: 0, input: { kind: "tick" } });
  return elapsed;
}
function begun(): State {
  const state = emptyState([{ name: "cluster", scope: "cluster", limits: [{ most: 9, per: 60_000 }] }]);
  reconfigure(state, DEFAULT_CONFIG);
  record(state, 0);
  return state;
}
/** Defender time of each grant, by the history and by every window. */
const moments = ({ history, windows }: State) => [
  [...history].map(({ at }) => at),
  ...windows.flatMap((group) => [...group.keys()].map((key) => [...group.of(key)])),
];

it("passes what a writer vouches for, and not without a word", () => {
  const state = begun();
  expect(record(state, 1, [0, 400])).toBe(400);
  expect(record(state, 2)).toBe(0);
  expect(record(state, 3, [1, 100])).toBe(100);
  // What another has vouched for passes once.
  expect(record(state, 4, [1, 90])).toBe(0);
  expect(state.time.now).toBe(500);
});

it("a grant that was long on its way counts as given when it may have come, in every window", () => {
  const state = begun();
  // Written 10 ms after its writer had read offset 0; a broker stood, and it came with what others wrote 5 s later.
  record(state, 1, [0, 10], true);
  record(state, 2, [0, 5_000], true);
  for (const all of moments(state)) expect(new Set(all)).toEqual(new Set([5_000]));
  // Whoever has read it vouches for its age.
  record(state, 3, [2, 700]);
  for (const all of moments(state)) expect(new Set(all)).toEqual(new Set([5_000]));
  expect(state.time.now).toBe(5_700);
});

it("who had read less than another whose word was taken vouches for nothing", () => {
  const state = begun();
  record(state, 1, [0, 100], true);
  record(state, 2, [1, 200]);
  // It had read offset 0 long before the grant came: of that one's age it says nothing.
  expect(record(state, 3, [0, 5_000])).toBe(0);
  expect(state.time.now - state.history.first!.at).toBe(200);
});

it("a word about what is too long ago, or not there, is none", () => {
  const state = begun();
  for (let n = 1; n < 20; n++) record(state, n, [n - 1, 1_000]);
  expect(record(state, 20, [2, 60_000])).toBe(0);
  expect(begun().moments.size).toBe(1);
});
