import { describe, expect, it } from "vitest";
import { clientOf, faultOf, type Handler, json, serve, statusObject, until, withVersion } from "./test-server.ts";
import type { WatchEvent, WatchOptions } from "./watch.ts";

const event = (type: string, resourceVersion: string, more = {}) =>
  `${JSON.stringify({ type, object: { kind: "Pod", apiVersion: "v1", metadata: { name: "p", resourceVersion }, ...more } })}\n`;

const sending =
  (...pieces: readonly (string | Buffer)[]): Handler =>
  (_request, response) => {
    for (const piece of pieces) response.write(piece);
  };

const ending =
  (...pieces: readonly string[]): Handler =>
  (_request, response) => {
    response.end(pieces.join(""));
  };

const collect = (more: Partial<WatchOptions> = {}) => {
  const got: string[] = [];
  const onEvents = (events: readonly WatchEvent[]) => {
    for (const { type, object } of events) got.push(`${type} ${object.metadata.resourceVersion}`);
  };
  return { got, options: { resourceVersion: "5", onEvents, ...more } };
};

describe.each(["h2", "http/1.1"] as const)("watch over %s", (protocol) => {
  it("tells events in order and ends with the server", async () => {
    let asked = "";
    const server = await serve(protocol, (request, response) => {
      asked = request.url ?? "";
      ending(event("ADDED", "6"), event("MODIFIED", "7"), event("BOOKMARK", "9"))(request, response);
    });
    const { got, options } = collect({ labelSelector: "a=b" });
    const watch = clientOf(server).watch("/api/v1/pods", options);
    expect(await watch.done).toEqual({ reason: "timeout", resourceVersion: "9" });
    expect(watch.resourceVersion).toBe("9");
    expect(got).toEqual(["ADDED 6", "MODIFIED 7", "BOOKMARK 9"]);
    const query = Object.fromEntries(new URL(asked, "http://x").searchParams);
    expect(query).toEqual({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: "5",
      timeoutSeconds: protocol === "h2" ? "450" : "75",
      labelSelector: "a=b",
    });
  });

  it("reads events however they are cut, with the moment they came", async () => {
    const bytes = Buffer.from(event("ADDED", "6", { spec: { a: "é日🚀" } }) + event("DELETED", "7"));
    for (const size of [1, 3, 70]) {
      const server = await serve(protocol, async (_request, response) => {
        for (let at = 0; at < bytes.length; at += size) {
          response.write(bytes.subarray(at, at + size));
          await new Promise(setImmediate);
        }
        response.end();
      });
      const before = performance.now();
      const got: WatchEvent[] = [];
      const times: number[] = [];
      const onEvents = (events: readonly WatchEvent[], at: number) => {
        got.push(...events);
        times.push(at);
      };
      await clientOf(server).watch("/api/v1/pods", { resourceVersion: "5", onEvents }).done;
      expect(got.map(({ type }) => type)).toEqual(["ADDED", "DELETED"]);
      expect(got[0]?.object.spec).toEqual({ a: "é日🚀" });
      expect(times.every((at, i) => at >= (times[i - 1] ?? before) && at <= performance.now())).toBe(true);
    }
  });

  it("reads an event of megabytes", async () => {
    const text = "x".repeat(5 << 20);
    const server = await serve(protocol, ending(event("ADDED", "6", { spec: { text } })));
    let length = 0;
    const onEvents = ([first]: readonly WatchEvent[]) => {
      length = (first!.object.spec as { text: string }).text.length;
    };
    await clientOf(server).watch("/api/v1/pods", { resourceVersion: "5", onEvents }).done;
    expect(length).toBe(text.length);
  });

  it("ends as gone by a 410 in the stream, after the events before it", async () => {
    const status = statusObject(410, "Expired", "too old resource version: 5 (900)");
    const error = `${JSON.stringify({ type: "ERROR", object: status })}\n`;
    const server = await serve(protocol, sending(event("ADDED", "6") + error + event("ADDED", "8")));
    const { got, options } = collect();
    expect(await clientOf(server).watch("/api/v1/pods", options).done).toEqual({
      reason: "gone",
      resourceVersion: "6",
    });
    expect(got).toEqual(["ADDED 6"]);
  });

  it("ends as gone by a 410 at its beginning", async () => {
    const server = await serve(protocol, (_request, response) =>
      json(response, statusObject(410, "Gone", "too old"), 410),
    );
    expect((await clientOf(server).watch("/api/v1/pods", collect().options).done).reason).toBe("gone");
  });

  it("rejects with any other error in the stream", async () => {
    const status = statusObject(500, "InternalError", "etcdserver: no leader");
    const server = await serve(protocol, sending(`${JSON.stringify({ type: "ERROR", object: status })}\n`));
    const error = await faultOf(clientOf(server).watch("/api/v1/pods", collect().options).done);
    expect(error.code).toBe("kube-failed");
    expect(error.message).toContain("etcdserver: no leader");
  });

  it("ends as silent when no byte comes", async () => {
    const server = await serve(protocol, withVersion(sending(event("ADDED", "6"))));
    const { got, options } = collect();
    const watch = clientOf(server, { timeouts: { silent: 250 } }).watch("/api/v1/pods", options);
    expect(await watch.done).toEqual({ reason: "silent", resourceVersion: "6" });
    expect(got).toEqual(["ADDED 6"]);
  });

  it("ends as closed by the signal, and by the client's close", async () => {
    const server = await serve(protocol, withVersion(sending(event("ADDED", "6"))));
    const client = clientOf(server);
    const stop = new AbortController();
    const first = collect({ signal: stop.signal });
    const second = collect();
    const watches = [first, second].map(({ options }) => client.watch("/api/v1/pods", options));
    await until(() => first.got.length + second.got.length === 2);
    stop.abort();
    expect(await watches[0]?.done).toEqual({ reason: "closed", resourceVersion: "6" });
    client.close();
    expect(await watches[1]?.done).toEqual({ reason: "closed", resourceVersion: "6" });
    await until(() => server.sockets.every((socket) => socket.destroyed));
  });

  it("rejects with what the callback throws, at once or later", async () => {
    const server = await serve(protocol, withVersion(sending(event("ADDED", "6"))));
    const client = clientOf(server);
    const thrown = new TypeError("a mistake in the callback");
    for (const onEvents of [
      () => Promise.reject(thrown),
      () => {
        throw thrown;
      },
    ]) {
      const watch = client.watch("/api/v1/pods", { resourceVersion: "5", onEvents });
      await expect(watch.done).rejects.toBe(thrown);
      expect(watch.resourceVersion).toBe("5"); // the event was not taken
    }
  });

  it("reads no further while the callback is at work, and loses nothing", async () => {
    const many = 400;
    const padding = "x".repeat(50_000);
    let written = 0;
    const server = await serve(
      protocol,
      withVersion((_request, response) => {
        const more = () => {
          while (written < many) {
            written += 1;
            if (!response.write(event("ADDED", String(written), { spec: { padding } })))
              return response.once("drain", more);
          }
          return response.end();
        };
        more();
      }),
    );
    const got: string[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    const onEvents = async (events: readonly WatchEvent[]) => {
      got.push(...events.map(({ object }) => object.metadata.resourceVersion ?? ""));
      await held;
    };
    const watch = clientOf(server).watch("/api/v1/pods", {
      resourceVersion: "0",
      onEvents,
    });
    await until(() => got.length > 0);
    const first = got.length;
    await new Promise((done) => setTimeout(done, 150));
    expect(got.length).toBe(first);
    expect(written).toBeLessThan(many); // 20 MB do not fit into what is in flight
    release();
    expect(await watch.done).toMatchObject({ reason: "timeout", resourceVersion: String(many) });
    expect(got).toEqual(Array.from({ length: many }, (_, i) => String(i + 1)));
  });

  it("does not end while the callback is at work", async () => {
    const server = await serve(protocol, withVersion(sending(event("ADDED", "6"))));
    const stop = new AbortController();
    let release: () => void = () => undefined;
    let ended = false;
    const onEvents = () =>
      new Promise<void>((done) => {
        release = done;
        stop.abort();
      });
    const watch = clientOf(server).watch("/api/v1/pods", { resourceVersion: "5", signal: stop.signal, onEvents });
    const done = watch.done.finally(() => {
      ended = true;
    });
    await until(() => stop.signal.aborted);
    await new Promise((done) => setTimeout(done, 30));
    expect(ended).toBe(false);
    release();
    expect(await done).toEqual({ reason: "closed", resourceVersion: "6" });
  });

  it("is not taken for silent while the callback is at work", async () => {
    const server = await serve(protocol, ending(event("ADDED", "6")));
    const onEvents = () => new Promise<void>((done) => setTimeout(done, 120));
    const watch = clientOf(server, { timeouts: { silent: 40 } }).watch("/api/v1/pods", {
      resourceVersion: "5",
      onEvents,
    });
    expect(await watch.done).toEqual({ reason: "timeout", resourceVersion: "6" });
  });

  it("rejects when the stream ends inside of an event", async () => {
    const server = await serve(protocol, ending(event("ADDED", "6"), event("ADDED", "7").slice(0, 30)));
    const watch = clientOf(server).watch("/api/v1/pods", collect().options);
    const error = await faultOf(watch.done);
    expect([error.code, error.retry, watch.resourceVersion]).toEqual(["kube-interrupted", true, "6"]);
  });

  it("rejects with kube-interrupted when the connection breaks", async () => {
    const server = await serve(protocol, withVersion(sending(event("ADDED", "6"))));
    const { got, options } = collect();
    const watch = clientOf(server).watch("/api/v1/pods", options);
    await until(() => got.length > 0);
    for (const socket of server.sockets) socket.resetAndDestroy();
    const error = await faultOf(watch.done);
    expect([error.code, error.retry, watch.resourceVersion]).toEqual(["kube-interrupted", true, "6"]);
  });

  it("is proved alive by answered GETs, as of when these were sent", async () => {
    const server = await serve(protocol, withVersion(sending(event("ADDED", "6"))));
    const { got, options } = collect();
    const watch = clientOf(server).watch("/api/v1/pods", options);
    expect(watch.provenAt()).toBe(Number.NEGATIVE_INFINITY);
    await until(() => got.length > 0);
    const first = watch.provenAt();
    expect(first).toBeGreaterThan(0);
    await until(() => watch.provenAt() > first);
    expect(watch.provenAt()).toBeLessThan(performance.now());
  });

  it("is not proved alive by what cannot come from the server, nor while the callback is at work", async () => {
    let beats = 0;
    let status = 503;
    const server = await serve(protocol, (request, response) => {
      if (request.url !== "/version") return sending(event("ADDED", "6"))(request, response);
      beats += 1;
      json(response, {}, status);
    });
    let release: () => void = () => undefined;
    let got = 0;
    const onEvents = () => {
      got += 1;
      return new Promise<void>((done) => {
        release = done;
      });
    };
    const watch = clientOf(server).watch("/api/v1/pods", { resourceVersion: "5", onEvents });
    await until(() => got > 0 && beats > 1);
    const first = watch.provenAt();
    status = 403; // an answer, though it allows nothing
    const seen = beats;
    await until(() => beats > seen + 2);
    expect(watch.provenAt()).toBe(first);
    release();
    await until(() => watch.provenAt() > first);
  });
});
