import { describe, expect, it } from "vitest";
import { clientOf, faultOf, type Handler, json, serve, statusObject, withVersion } from "./test-server.ts";
import { createWriter, seenOf } from "./write.ts";

interface Sent {
  readonly line: string;
  readonly type: string | undefined;
  readonly body: any;
}

/** A writer, and what it sent. */
async function writing(answer: Handler = (_, response) => json(response, POD)) {
  const sent: Sent[] = [];
  const server = await serve(
    "h2",
    withVersion((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        sent.push({
          line: `${request.method} ${request.url}`,
          type: request.headers["content-type"],
          body: JSON.parse(text),
        });
        answer(request, response);
      });
    }),
  );
  return { writer: createWriter(clientOf(server), "it"), sent };
}

const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "shop", uid: "u", resourceVersion: "7" },
};
const AT = "/api/v1/namespaces/shop/pods/p";
const SEEN = { uid: "u", resourceVersion: "7" };

describe("a write", () => {
  it("says which state it means, whatever its kind", async () => {
    const { writer, sent } = await writing();
    await writer.patch(AT, "merge", { metadata: { labels: { a: "b" } }, spec: {} }, SEEN);
    await writer.patch(`${AT}/status`, "strategic", { status: {} }, SEEN);
    await writer.patch(AT, "json", [{ op: "remove", path: "/spec/x" }], SEEN);
    await writer.remove(AT, SEEN, { gracePeriodSeconds: 0 });
    await writer.evict(AT, POD);
    await writer.update(AT, POD);
    expect(sent.map(({ line, type }) => `${line} ${type}`)).toEqual([
      `PATCH ${AT}?fieldManager=it application/merge-patch+json`,
      `PATCH ${AT}/status?fieldManager=it application/strategic-merge-patch+json`,
      `PATCH ${AT}?fieldManager=it application/json-patch+json`,
      `DELETE ${AT} application/json`,
      `POST ${AT}/eviction application/json`,
      `PUT ${AT}?fieldManager=it application/json`,
    ]);
    expect(sent.map(({ body }) => body)).toEqual([
      { metadata: { labels: { a: "b" }, ...SEEN }, spec: {} },
      { metadata: SEEN, status: {} },
      [
        { op: "remove", path: "/spec/x" },
        { op: "replace", path: "/metadata/uid", value: "u" },
        { op: "replace", path: "/metadata/resourceVersion", value: "7" },
      ],
      { apiVersion: "v1", kind: "DeleteOptions", preconditions: SEEN, gracePeriodSeconds: 0 },
      {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "p", namespace: "shop" },
        deleteOptions: { preconditions: SEEN },
      },
      POD,
    ]);
  });

  it("of nothing that was seen is not sent", async () => {
    const { writer, sent } = await writing();
    const unseen = { ...POD, metadata: { name: "p" } };
    expect(() => seenOf(unseen)).toThrow(/uid and resourceVersion of p/);
    expect(() => writer.update(AT, unseen)).toThrow(/uid and resourceVersion of p/);
    await expect(writer.evict(AT, unseen)).rejects.toThrow(/uid and resourceVersion of p/);
    expect(sent).toEqual([]);
  });

  it("creates and applies without one", async () => {
    const { writer, sent } = await writing();
    await writer.create("/api/v1/namespaces/shop/pods", POD);
    await writer.apply(AT, POD, { force: true });
    expect(sent.map(({ line, type }) => `${line} ${type}`)).toEqual([
      "POST /api/v1/namespaces/shop/pods?fieldManager=it application/json",
      `PATCH ${AT}?fieldManager=it&force=true application/apply-patch+yaml`,
    ]);
  });

  it("answers with what is there now, without managedFields", async () => {
    const { writer } = await writing((_, response) =>
      json(response, { ...POD, metadata: { ...POD.metadata, managedFields: [{ manager: "x" }] } }),
    );
    expect(await writer.update(AT, POD)).toEqual(POD);
  });

  it.each([
    [409, "kube-conflict"],
    [429, "kube-throttled"],
    [404, "kube-not-found"],
  ])("that is refused with %d is a %s, and is sent once", async (status, code) => {
    const { writer, sent } = await writing((_, response) => json(response, statusObject(status, "x", "no"), status));
    expect((await faultOf(writer.evict(AT, POD))).code).toBe(code);
    expect(sent).toHaveLength(1);
  });
});
