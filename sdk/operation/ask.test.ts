import { describe, expect, it } from "vitest";
import { isFault } from "../errors.ts";
import { type AskOptions, createAsk } from "./ask.ts";
import { type Asked, answering, BROKEN, http, secretly, yesAt } from "./broken-defenders.test-kit.ts";
import type { Decision } from "./decision.ts";
import type { OperationRequest } from "./request.ts";

const REQUEST: OperationRequest = {
  id: "id-1",
  matter: "matter-1",
  operation: "drain",
  target: { apiVersion: "v1", kind: "Node", name: "gpu-7", uid: "u-7" },
  cluster: "eu-1",
  actor: "remedy",
  depends: ["v1/Node"],
  due: 1,
  sent: 1,
  reason: "it hangs",
};
const yes = yesAt(() => 1);
const { grant: _, ...withoutGrant } = yes(REQUEST);
const DENIED: Decision = { ...withoutGrant, outcome: "denied", reasons: [{ code: "not-initialised" }] };

/** ms: for those that do answer, however busy the machine is. */
const PATIENT = 15_000;

/** What comes of asking; a yes would be a decision with a grant. */
async function asked(of: Asked, more: Partial<AskOptions> = {}): Promise<string> {
  try {
    const { outcome } = await createAsk({ ...of, timeout: PATIENT, ...more })(REQUEST);
    return outcome;
  } catch (e) {
    if (!isFault(e)) throw e;
    return `${e.code}: ${e.message}`;
  }
}

describe("createAsk", () => {
  it("brings the decision, with who asks in the token", async () => {
    let seen = "";
    const { url } = await http((request, response) => {
      seen = `${request.method} ${request.url} ${request.headers.authorization} ${request.headers.traceparent}`;
      response.end(JSON.stringify(yes(REQUEST)));
    });
    expect(await createAsk({ url, token: () => "secret", timeout: PATIENT })(REQUEST, "00-a")).toEqual(yes(REQUEST));
    expect(seen).toBe("POST /v1/decide Bearer secret 00-a");
    expect(await asked(await answering(() => JSON.stringify(DENIED)))).toBe("denied");
  });

  it("asks what would be said, and takes no grant from that", async () => {
    const told = (decision: object) => answering(() => JSON.stringify({ decision, says: "…" }));
    expect(await asked(await told(withoutGrant), { explain: true })).toBe("granted");
    expect(await asked(await told(yes(REQUEST)), { explain: true })).toContain("defender-not-believed");
  });

  it("believes a defender with a certificate by the authority that was named", async () => {
    expect(await asked(await secretly("good", yes))).toBe("granted");
  });

  it("says what is wrong with a certificate", async () => {
    expect(await asked(await secretly("expired", yes))).toContain("certificate has expired");
    expect(await asked(await secretly("elsewhere", yes))).toContain("does not match certificate's altnames");
  });

  it.each(BROKEN)("takes it for a no when the defender %s: %s", async (_what, code, start) => {
    expect(await asked(await start(yes), { timeout: code === "defender-unreachable" ? 300 : PATIENT })).toMatch(
      new RegExp(`^${code}: .*, which means no`),
    );
  });

  it("says why it is refused, and why there is no token", async () => {
    const refused = await answering(() => '{"error":{"message":"The token is not known."}}', 401);
    expect(await asked(refused)).toContain("with status 401, which means no: The token is not known.");
    const token = () => Promise.reject(new Error("no such file"));
    expect(await asked({ ...refused, token })).toContain("no such file");
  });
});
