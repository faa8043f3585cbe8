import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { clientOf, faultOf, json, serve, statusObject, withVersion } from "./test-server.ts";

/** A list of `count` pods in pages; a page's token is where the next one begins. */
const pages = (count: number, seen: URL[] = []) =>
  withVersion((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    seen.push(url);
    const from = Number(url.searchParams.get("continue") ?? 0);
    const to = Math.min(count, from + Number(url.searchParams.get("limit")));
    json(response, {
      kind: "PodList",
      apiVersion: "v1",
      metadata: { resourceVersion: "77", ...(to < count && { continue: String(to), remainingItemCount: count - to }) },
      items: Array.from({ length: to - from }, (_, i) => ({ metadata: { name: `p${from + i}` } })),
    });
  });

const all = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const got: T[] = [];
  for await (const page of pages) got.push(page);
  return got;
};

describe.each(["h2", "http/1.1"] as const)("list over %s", (protocol) => {
  it("gives all pages, each item with its kind", async () => {
    const seen: URL[] = [];
    const client = clientOf(await serve(protocol, pages(703, seen)));
    const got = await all(client.list("/api/v1/pods", { labelSelector: "a=b", fieldSelector: "x!=y" }));
    expect(got.map((page) => [page.items.length, page.remaining, page.resourceVersion])).toEqual([
      [250, 453, "77"],
      [250, 203, "77"],
      [203, undefined, "77"],
    ]);
    const items = got.flatMap((page) => page.items);
    expect(items.map((item) => item.metadata.name)).toEqual(Array.from({ length: 703 }, (_, i) => `p${i}`));
    expect(items[300]).toMatchObject({ apiVersion: "v1", kind: "Pod" });
    expect(seen.map((url) => url.search)).toEqual([
      "?limit=250&labelSelector=a%3Db&fieldSelector=x!%3Dy",
      "?limit=250&labelSelector=a%3Db&fieldSelector=x!%3Dy&continue=250",
      "?limit=250&labelSelector=a%3Db&fieldSelector=x!%3Dy&continue=500",
    ]);
  });

  it("stops asking when the caller leaves", async () => {
    const seen: URL[] = [];
    const client = clientOf(await serve(protocol, pages(10_000, seen)));
    for await (const page of client.list("/api/v1/pods", { limit: 10 })) {
      if (page.items[0]?.metadata.name === "p10") break;
    }
    expect(await client.version()).toMatchObject({ minor: 34 }); // the connection is still good
    expect(seen.length).toBeLessThanOrEqual(3);
  });

  it("rejects with the signal's reason", async () => {
    const client = clientOf(await serve(protocol, () => undefined));
    const stop = new AbortController();
    const got = all(client.list("/api/v1/pods", { signal: stop.signal }));
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(got).rejects.toThrow("enough");
  });
});

describe("list", () => {
  it("reads packed pages", async () => {
    const server = await serve("h2", (request, response) => {
      expect(request.headers["accept-encoding"]).toBe("gzip");
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(
        gzipSync(JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: "1" }, items: [] })),
      );
    });
    expect(await all(clientOf(server).list("/api/v1/pods"))).toEqual([{ items: [], resourceVersion: "1" }]);
  });

  it("rejects with kube-gone when the server has forgotten the list midway", async () => {
    const whole = pages(30);
    const server = await serve("h2", (request, response) =>
      request.url?.includes("continue=20")
        ? json(response, statusObject(410, "Expired", "The provided continue parameter is too old."), 410)
        : whole(request, response),
    );
    let pagesSeen = 0;
    const run = async () => {
      for await (const page of clientOf(server).list("/api/v1/pods", { limit: 10 }))
        pagesSeen += page.items.length / 10;
    };
    const error = await faultOf(run());
    expect(error.code).toBe("kube-gone");
    expect(error.retry).toBe(true);
    expect(error.message).toContain("The provided continue parameter is too old.");
    expect(pagesSeen).toBe(2);
  });

  it("asks for metadata alone, says what the objects are, and takes whole ones too", async () => {
    const accepts: unknown[] = [];
    const server = await serve("h2", (request, response) => {
      accepts.push(request.headers.accept);
      const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } };
      json(response, {
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata: { resourceVersion: "1" },
        items: [partial, { metadata: { name: "b" }, spec: {} }],
      });
    });
    const of = { apiVersion: "apps/v1", kind: "Deployment" };
    const [page] = await all(clientOf(server).list("/apis/apps/v1/deployments", { metadataOnly: true, of }));
    expect(page?.items).toEqual([
      { ...of, metadata: { name: "a" } },
      { ...of, metadata: { name: "b" }, spec: {} },
    ]);
    expect(accepts).toEqual(["application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"]);
  });

  it.each([
    ["a login page", "<html>", "kube-malformed"],
    ["something else", '{"kind":"Status","metadata":{}}', "kube-malformed"],
    ["no resourceVersion", '{"kind":"PodList","metadata":{},"items":[]}', "kube-malformed"],
  ])("refuses %s", async (_, body, code) => {
    const server = await serve("h2", (_request, response) => response.end(body));
    expect((await faultOf(all(clientOf(server).list("/api/v1/pods")))).code).toBe(code);
  });

  it("rejects when the answer stops midway", async () => {
    for (const protocol of ["h2", "http/1.1"] as const) {
      const server = await serve(
        protocol,
        withVersion((_request, response) => response.write('{"kind":')),
      );
      const error = await faultOf(all(clientOf(server, { timeouts: { stall: 30 } }).list("/api/v1/pods")));
      expect(error.code).toBe("kube-interrupted");
      expect(error.message).toContain("stopped midway");
    }
  });

  it("rejects when the connection breaks midway", async () => {
    for (const protocol of ["h2", "http/1.1"] as const) {
      const server = await serve(protocol, (_request, response) => {
        response.write('{"kind":');
        setTimeout(() => server.sockets[0]?.destroy(), 20);
      });
      const error = await faultOf(all(clientOf(server).list("/api/v1/pods")));
      expect([error.code, error.retry]).toEqual(["kube-interrupted", true]);
    }
  });
});
