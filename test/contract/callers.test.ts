import { describe, expect, it } from "vitest";
import { type Callers, PERMISSIONS } from "#sdk/serve/callers.ts";
import { type Review, reviewedCallers } from "#sdk/serve/reviewed-callers.ts";
import { staticCallers } from "#sdk/serve/static-callers.ts";

const TOKENS = { ana: "token-of-ana-0123456789", bot: "token-of-bot-0123456789", nobody: "token-of-nobody-012345" };

/** The same callers, known in the two ways: ana may do all, bot may ask and read. */
const DRIVERS: Readonly<Record<string, () => Callers>> = {
  "static tokens": () => staticCallers(`# who\n\nana * ${TOKENS.ana}\nbot decide,read ${TOKENS.bot}\n`, "The callers"),
  "reviewed tokens": () => reviewed(async (token) => USERS[token] ?? { authenticated: false }),
};
const USERS: Readonly<Record<string, Review>> = {
  [TOKENS.ana]: { authenticated: true, audiences: ["defender"], user: { username: "ana", groups: ["sre"] } },
  [TOKENS.bot]: { authenticated: true, audiences: ["defender"], user: { username: "bot" } },
};
let now = 0;
const reviewed = (review: (token: string, audiences: readonly string[]) => Promise<Review>) =>
  reviewedCallers({
    review,
    rights: [
      { group: "sre", permissions: ["*"] },
      { user: "bo?", permissions: ["decide"] },
      { user: "b*", permissions: ["read"] },
    ],
    clock: { monotonic: () => now },
  });

describe.each(Object.entries(DRIVERS))("%s", (_, create) => {
  const tell = async (token: string) => {
    const caller = await create().known(token);
    return caller && { name: caller.name, permissions: [...caller.permissions].sort() };
  };
  it("know a caller by its token, and what it may do", async () => {
    expect(await tell(TOKENS.ana)).toEqual({ name: "ana", permissions: [...PERMISSIONS].sort() });
    expect(await tell(TOKENS.bot)).toEqual({ name: "bot", permissions: ["decide", "read"] });
  });
  it.each([TOKENS.nobody, TOKENS.ana.slice(1), `${TOKENS.ana}x`, TOKENS.ana.toUpperCase(), "ana", "__proto__"])(
    "know nobody by %s",
    async (token) => {
      expect(await tell(token)).toBeUndefined();
    },
  );
});

describe("static tokens", () => {
  it("may be written as hashes", async () => {
    const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    expect((await staticCallers(`ana read sha256:${hash}`, "x").known("test"))?.name).toBe("ana");
  });
  it.each([
    ["", "callers are none"],
    ["ana read", "line 1: it has 2 words"],
    ["\nana read,rule secret-secret-secret", "line 2: PERMISSIONS must be of read, send, decide, brake"],
    ["ana read short", "TOKEN must be 16 or more"],
    ["ana read sha256:abc", "TOKEN must have 64 digits"],
    ["ana read secret-secret-secret\nbob * secret-secret-secret", "bob has a token that another caller has too"],
    [`${"a".repeat(300)} read secret-secret-secret`, "NAME must be"],
  ])("with a mistake are refused, and not repeated: %j", (text, says) => {
    expect(() => staticCallers(text, "callers.txt")).toThrow(says);
    expect(() => staticCallers(text, "callers.txt")).not.toThrow(/secret-secret|short/);
  });
});

describe("reviewed tokens", () => {
  it.each([
    ["for another audience", { authenticated: true, audiences: ["api"], user: { username: "ana", groups: ["sre"] } }],
    ["of a server that looked at no audience", { authenticated: true, user: { username: "ana", groups: ["sre"] } }],
    ["that was not authenticated", { authenticated: false, audiences: ["defender"], user: { username: "ana" } }],
    ["of no name", { authenticated: true, audiences: ["defender"], user: {} }],
  ] as [string, Review][])("%s are nobody's", async (_, review) => {
    expect(await reviewed(async () => review).known("t")).toBeUndefined();
  });
  it("of somebody without rights let do nothing", async () => {
    const review = { authenticated: true, audiences: ["defender"], user: { username: "eve", groups: ["guests"] } };
    expect((await reviewed(async () => review).known("t"))?.permissions.size).toBe(0);
  });
  it("are believed for three seconds, and asked once meanwhile", async () => {
    let asked = 0;
    const callers = reviewed(async (_, audiences) => {
      asked += 1;
      expect(audiences).toEqual(["defender"]);
      return USERS[TOKENS.ana]!;
    });
    await Promise.all([callers.known("t"), callers.known("t")]);
    now += 2_999;
    await callers.known("t");
    expect(asked).toBe(1);
    now += 1;
    await callers.known("t");
    await callers.known("other");
    expect(asked).toBe(3);
  });
  it("that cannot be reviewed let nobody in, and are asked again", async () => {
    let isAway = true;
    const callers = reviewed(async () => {
      if (isAway) throw new Error("connection refused");
      return USERS[TOKENS.ana]!;
    });
    await expect(callers.known("t")).rejects.toMatchObject({ code: "callers-unavailable", status: 503 });
    isAway = false;
    expect((await callers.known("t"))?.name).toBe("ana");
  });
  it.each([
    [{ permissions: ["read"] }, "names no user and no group"],
    [{ user: "a", permissions: ["rule"] }, "0.permissions must be of"],
  ])("with a right that is a mistake: %o", (right, says) => {
    const options = { review: async () => ({}), clock: { monotonic: () => 0 } };
    expect(() => reviewedCallers({ ...options, rights: [right] })).toThrow(says);
  });
});
