import { describe, expect, it } from "vitest";
import { isFault } from "#sdk/errors.ts";
import { decodeHttp } from "#sdk/event/index.ts";
import type { Finding } from "#sdk/terms.ts";
import { webhookSink } from "./webhook.ts";

const finding = (state: Finding["state"]): Finding =>
  ({
    fingerprint: "f",
    episode: 1,
    state,
    cluster: "eu/1",
    case: "node/not-ready",
    subject: { kind: "Node", name: "n1" },
    lastSeen: "2026-01-01T00:00:00Z",
  }) as never;
const notice = (state: Finding["state"] = "open") =>
  ({ id: `f/1/${state}`, subscription: "s", state, finding: finding(state) }) as never;

/** What is sent where the receiver answers so. */
async function tell(status: number, headers: Record<string, string> = {}, state: Finding["state"] = "open") {
  const sent: { url: string; init: RequestInit }[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    sent.push({ url, init });
    return new Response(status === 204 ? null : "body", { status, headers });
  }) as never;
  const sink = webhookSink({
    url: "http://127.0.0.1:1/hook",
    headers: { authorization: "Bearer x" },
    timeout: 1_000,
    fetch,
  });
  const error = await sink.tell(notice(state)).then(
    () => undefined,
    (e) => e,
  );
  return { sent: sent[0]!, error };
}

describe("webhook", () => {
  it.each(["open", "resolved"] as const)(
    "sends a CloudEvent, with its id as the idempotency key: %s",
    async (state) => {
      const { sent, error } = await tell(204, {}, state);
      const headers = sent.init.headers as Record<string, string>;
      expect([error, sent.url, headers["idempotency-key"], headers.authorization]).toEqual([
        undefined,
        "http://127.0.0.1:1/hook",
        `f/1/${state}`,
        "Bearer x",
      ]);
      const { events } = decodeHttp({ headers, body: Buffer.from(sent.init.body as string) });
      expect(events[0]).toMatchObject({
        id: `f/1/${state}`,
        type: `dev.roundsman.finding.${state === "open" ? "raised" : "resolved"}.v1`,
        source: "/clusters/eu%2F1/alert",
        subject: "Node//n1",
        data: { fingerprint: "f", state },
      });
    },
  );

  it("does not follow a redirect to somewhere else", async () => {
    const { sent, error } = await tell(302, { location: "http://169.254.169.254/" });
    expect([sent.init.redirect, isFault(error, "sink-refused")]).toEqual(["manual", true]);
  });

  it.each([408, 409, 425, 429, 404, 500, 502, 503])("%i: it is tried again", async (status) => {
    expect(isFault((await tell(status)).error, "sink-unreachable")).toBe(true);
  });

  it.each([400, 401, 403, 405, 410, 413, 422])("%i: it is refused for good", async (status) => {
    expect(isFault((await tell(status)).error, "sink-refused")).toBe(true);
  });

  it("comes again when it is told to", async () => {
    expect((await tell(429, { "retry-after": "7" })).error.details.retryAfter).toBe(7_000);
    expect((await tell(503, { "retry-after": "soon" })).error.details.retryAfter).toBe(0);
    expect((await tell(503, { "retry-after": "999999999" })).error.details.retryAfter).toBe(3_600_000);
  });
});
