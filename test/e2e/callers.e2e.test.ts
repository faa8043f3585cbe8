/** Who calls the defender, as a real API server knows them: tokens for audience `defender`, and everything that is none. */
import { beforeAll, expect, inject, it } from "vitest";
import { connect, findAccess, type KubeClient, tokenReviewer } from "#broker/kube/index.ts";
import { createAsk } from "#sdk/operation/ask.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { reviewedCallers } from "#sdk/serve/reviewed-callers.ts";
import { Cluster } from "./support/cluster.ts";
import { namespace } from "./support/objects.ts";

const NS = "callers-e2e";
const OTHER = "callers-e2e-other";
const cluster = new Cluster(inject("place"));
let client: KubeClient;
let ask: (token: string) => Promise<string>;

const REQUEST: OperationRequest = {
  id: "id",
  matter: "matter",
  operation: "cordon",
  target: { kind: "Node", name: "n", uid: "u" },
  cluster: "e2e",
  actor: "whoever",
  depends: ["v1/Node"],
  due: 1,
  sent: 1,
  reason: "a test",
};
const account = (ns: string, name: string) => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { namespace: ns, name },
});
const token = async (ns: string, name: string, ...more: string[]) =>
  (await cluster.kubectl("create", "token", name, "-n", ns, ...more)).trim();
const forDefender = (name: string, ns = NS, ...more: string[]) => token(ns, name, "--audience", "defender", ...more);

beforeAll(async () => {
  await cluster.apply([namespace(NS), namespace(OTHER)]);
  await cluster.apply([account(NS, "remedy"), account(NS, "reader"), account(NS, "gone"), account(OTHER, "remedy")]);
  client = connect(findAccess({ kubeconfig: cluster.kubeconfig, env: {} })!, {
    clock: systemClock,
    random: Math.random,
  });
  const app = createServer({
    callers: reviewedCallers({
      review: tokenReviewer(client),
      rights: [
        { user: `system:serviceaccount:${NS}:remedy`, permissions: ["decide"] },
        { user: `system:serviceaccount:${NS}:reader`, permissions: ["read"] },
        { user: `system:serviceaccount:${NS}:gone`, permissions: ["decide"] },
      ],
      clock: systemClock,
    }),
    failed: () => undefined,
  });
  app.post("/v1/decide", { config: { permission: "decide" } }, ({ body, caller }): Decision => {
    const { id, matter, operation, target, cluster: of } = body as OperationRequest;
    const grant = { fence: 1, notAfter: 1 };
    return {
      id,
      matter,
      outcome: "granted",
      offset: 1,
      time: 1,
      operation,
      cluster: of,
      target,
      actor: caller.name,
      grant,
      reasons: [],
    };
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  ask = async (bearer) => {
    try {
      return `granted to ${(await createAsk({ url, token: () => bearer })(REQUEST)).actor}`;
    } catch (e) {
      return (e as Error).message.replace(/^.*with status (\d+), which means no: (.*?)[:.].*$/, "$1 $2");
    }
  };
  return async () => {
    await app.close();
    client.close();
  };
});

it("knows an account by its token for this audience, and goes by what that may do", async () => {
  expect(await ask(await forDefender("remedy"))).toBe(`granted to system:serviceaccount:${NS}:remedy`);
  expect(await ask(await forDefender("reader"))).toMatch(/^403 /);
  expect(await ask(await forDefender("remedy", OTHER))).toMatch(/^403 /);
});

it("knows nobody by a token for the API server, or for another audience", async () => {
  expect(await ask(await token(NS, "remedy"))).toBe("401 The token is not known");
  expect(await ask(await token(NS, "remedy", "--audience", "defenders"))).toBe("401 The token is not known");
});

it("knows nobody by what was changed, is unsigned, or signed by another", async () => {
  const good = await forDefender("reader");
  const [head = "", body = "", signature = ""] = good.split(".");
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const read = (text: string) => JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  const asRemedy = part({ ...read(body), sub: `system:serviceaccount:${NS}:remedy` });
  const later = part({ ...read(body), exp: read(body).exp + 86_400 });
  const unsigned = part({ alg: "none", typ: "JWT" });
  for (const forged of [
    `${head}.${asRemedy}.${signature}`,
    `${head}.${later}.${signature}`,
    `${unsigned}.${asRemedy}.`,
    `${unsigned}.${asRemedy}.${signature}`,
    `${part({ ...read(head), alg: "HS256" })}.${asRemedy}.${signature}`,
    `${head}.${body}.`,
    `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    "rubbish",
    head,
  ])
    expect(await ask(forged)).toBe("401 The token is not known");
});

it("knows nobody by a token whose account is gone, within seconds", async () => {
  const bearer = await forDefender("gone");
  expect(await ask(bearer)).toBe(`granted to system:serviceaccount:${NS}:gone`);
  await cluster.kubectl("delete", "serviceaccount", "gone", "-n", NS);
  await expect.poll(() => ask(bearer), { timeout: 30_000, interval: 200 }).toBe("401 The token is not known");
});

it("lets nobody in while the API server cannot be asked", async () => {
  const bearer = await forDefender("remedy");
  const away = connect(findAccess({ kubeconfig: cluster.kubeconfig, env: {} })!, {
    clock: systemClock,
    random: Math.random,
  });
  away.close();
  const callers = reviewedCallers({
    review: tokenReviewer(away),
    rights: [{ user: "*", permissions: ["*"] }],
    clock: systemClock,
  });
  await expect(callers.known(bearer)).rejects.toMatchObject({ code: "callers-unavailable" });
});
