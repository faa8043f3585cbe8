/**
 * The Kubernetes client against a real API server, which it may fill and break.
 *
 * KUBECONFIG              an administrator's
 * KILL_APISERVER          optional: a shell command that ends the API server at once (kill -9),
 * START_APISERVER         and one that starts it again and returns when it is ready
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { dialer } from "#broker/kube/dial.ts";
import {
  type Access,
  type ConnectOptions,
  connect,
  findAccess,
  findResource,
  type KubeClient,
  type WatchEvent,
} from "#broker/kube/index.ts";
import { isFault, type RoundsmanError } from "#sdk/errors.ts";
import { systemClock } from "#sdk/runtime/clock.ts";

const access = findAccess({ env: process.env })!;
const namespace = `kube-e2e-${process.pid}`;

interface Line {
  readonly protocol?: string;
  readonly sessions?: number;
}

/** A client, and what it said of its connections. */
function client(options: Partial<ConnectOptions> & { access?: Access } = {}): { kube: KubeClient; lines: Line[] } {
  const lines: Line[] = [];
  const log = { info: (line: Line) => lines.push(line), warn: (line: Line) => lines.push(line) };
  const { access: as = access, ...rest } = options;
  const kube = connect(as, { clock: systemClock, random: Math.random, log, ...rest });
  onTestFinished(() => kube.close());
  return { kube, lines };
}

const post = (kube: KubeClient, path: string, object: object) =>
  kube.request({ method: "POST", path, headers: { "content-type": "application/json" }, body: JSON.stringify(object) });

const faultOf = async (promise: Promise<unknown>): Promise<RoundsmanError> => {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (e) => e,
  );
  if (!isFault(error)) throw error;
  return error;
};

const until = async (condition: () => boolean, ms = 20_000): Promise<void> => {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${condition}`);
    await new Promise((done) => setTimeout(done, 20));
  }
};

const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;

beforeAll(async () => {
  const kube = connect(access, { clock: systemClock, random: Math.random });
  await post(kube, "/api/v1/namespaces", { metadata: { name: namespace } });
  let next = 0;
  const create = async () => {
    while (next < 2_000) {
      const name = `c-${next++}`;
      await post(kube, configMaps, { metadata: { name, labels: { n: name } }, data: { text: `é ${name}`.repeat(20) } });
    }
  };
  await Promise.all(Array.from({ length: 16 }, create));
  kube.close();
}, 120_000);

afterAll(async () => {
  const kube = connect(access, { clock: systemClock, random: Math.random });
  await kube.request({ method: "DELETE", path: `/api/v1/namespaces/${namespace}` });
  kube.close();
});

describe("a real API server", () => {
  it("is spoken to by HTTP/2 and says its version", async () => {
    const { kube, lines } = client();
    expect((await kube.version()).major).toBe(1);
    expect(lines).toMatchObject([{ protocol: "h2", sessions: 1 }]);
  });

  it("carries more watches than one session can, and answers GETs meanwhile", async () => {
    const { kube, lines } = client();
    const { resourceVersion } = (await kube.get<{ metadata: { resourceVersion: string } }>(`${configMaps}?limit=1`))
      .metadata;
    const got: WatchEvent[][] = [];
    const watches = Array.from({ length: 260 }, (_, i) => {
      const mine: WatchEvent[] = [];
      got.push(mine);
      const fieldSelector = `metadata.name=w-${i}`;
      return kube.watch(configMaps, {
        resourceVersion,
        fieldSelector,
        onEvents: (events) => void mine.push(...events),
      });
    });
    await until(() => watches.every((watch) => watch.provenAt() > 0), 60_000);
    const opened = Math.max(...watches.map((watch) => watch.provenAt()));
    expect(lines.length).toBeGreaterThanOrEqual(2);
    await Promise.all(Array.from({ length: 50 }, () => kube.get("/version")));
    await post(kube, configMaps, { metadata: { name: "w-259" } });
    await until(() => got[259]!.length > 0);
    expect(got[259]![0]).toMatchObject({ type: "ADDED", object: { kind: "ConfigMap", metadata: { name: "w-259" } } });
    await until(() => watches.every((watch) => watch.provenAt() > opened), 30_000);
    kube.close();
    expect((await Promise.all(watches.map((watch) => watch.done))).every(({ reason }) => reason === "closed")).toBe(
      true,
    );
  });

  it.each(["h2", "http/1.1"] as const)("lists in pages over %s", async (protocol) => {
    const dial = dialer({ server: access.server, within: 10_000 });
    const { kube, lines } = client({ dial: (tls) => dial(tls, [protocol]) });
    const sizes: number[] = [];
    const names = new Set<string>();
    for await (const page of kube.list(configMaps, { labelSelector: "n" })) {
      sizes.push(page.items.length);
      for (const item of page.items) {
        expect([item.apiVersion, item.kind, item.metadata.managedFields]).toEqual(["v1", "ConfigMap", undefined]);
        expect((item.data as { text: string }).text.startsWith(`é ${item.metadata.name}`)).toBe(true);
        names.add(item.metadata.name);
      }
    }
    // The last page may be empty: what does not match the selector came after.
    expect(sizes.slice(0, 4)).toEqual([250, 250, 250, 250]);
    expect(names.size).toBe(2_000);
    expect(lines[0]?.protocol).toBe(protocol);
  });

  it("is reached through a proxy, by HTTP/2 all the same", async () => {
    let tunnels = 0;
    const proxy = createServer().on("connect", (request, socket) => {
      tunnels += 1;
      const { hostname, port } = new URL(`http://${request.url}`);
      const onward = connectTcp(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => socket.destroy());
      socket.on("error", () => onward.destroy());
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const { kube, lines } = client({ access: { ...access, proxy: `http://127.0.0.1:${port}` } });
    expect((await kube.version()).major).toBe(1);
    expect([tunnels, lines[0]?.protocol]).toEqual([1, "h2"]);
  });

  it("lists metadata alone", async () => {
    const of = { apiVersion: "v1", kind: "ConfigMap" };
    const { kube } = client();
    for await (const { items, remaining } of kube.list(configMaps, { metadataOnly: true, of, limit: 10 })) {
      expect(remaining).toBeGreaterThan(1_000);
      for (const item of items) expect([item.kind, item.data]).toEqual(["ConfigMap", undefined]);
      break;
    }
  });

  it.each(["h2", "http/1.1"] as const)("tells changes over %s", async (protocol) => {
    const dial = dialer({ server: access.server, within: 10_000 });
    const { kube } = client({ dial: (tls) => dial(tls, [protocol]) });
    const name = `changing-${protocol.replace(/\W/g, "")}`;
    const { resourceVersion } = (await kube.get<{ metadata: { resourceVersion: string } }>(`${configMaps}?limit=1`))
      .metadata;
    const got: string[] = [];
    const onEvents = (events: readonly WatchEvent[]) => void got.push(...events.map(({ type }) => type));
    const watch = kube.watch(configMaps, { resourceVersion, fieldSelector: `metadata.name=${name}`, onEvents });
    await post(kube, configMaps, { metadata: { name } });
    const headers = { "content-type": "application/merge-patch+json" };
    await kube.request({ method: "PATCH", path: `${configMaps}/${name}`, headers, body: '{"data":{"a":"b"}}' });
    await kube.request({ method: "DELETE", path: `${configMaps}/${name}` });
    await until(() => got.includes("DELETED"));
    expect(got.filter((type) => type !== "BOOKMARK")).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    expect(Number(watch.resourceVersion)).toBeGreaterThan(Number(resourceVersion));
  });

  it("sends bookmarks to a quiet watch", { timeout: 200_000 }, async () => {
    const { kube } = client();
    const { resourceVersion } = (await kube.get<{ metadata: { resourceVersion: string } }>(`${configMaps}?limit=1`))
      .metadata;
    const got: WatchEvent[] = [];
    kube.watch(configMaps, {
      resourceVersion,
      fieldSelector: "metadata.name=none",
      onEvents: (events) => void got.push(...events),
    });
    await until(() => got.some(({ type }) => type === "BOOKMARK"), 180_000);
    expect(got.every(({ type }) => type === "BOOKMARK")).toBe(true);
  });

  it("says what it serves, though an APIService is broken", async () => {
    const { kube } = client();
    const path = "/apis/apiregistration.k8s.io/v1/apiservices";
    await post(kube, path, {
      metadata: { name: "v1.broken.example" },
      spec: {
        group: "broken.example",
        version: "v1",
        groupPriorityMinimum: 10,
        versionPriority: 10,
        insecureSkipTLSVerify: true,
        service: { namespace: "default", name: "nobody" },
      },
    });
    try {
      let failed: readonly { group: string }[] = [];
      for (let tries = 0; tries < 20 && failed.length === 0; tries++) {
        const discovery = await kube.discover();
        expect(findResource(discovery, "apps/v1/Deployment")).toMatchObject({
          path: "/apis/apps/v1/deployments",
          preferred: true,
        });
        expect(findResource(discovery, "autoscaling/v1/HorizontalPodAutoscaler")?.preferred).toBe(false);
        failed = discovery.failed;
        await new Promise((done) => setTimeout(done, 500));
      }
      expect(failed.map(({ group }) => group)).toEqual(["broken.example"]);
    } finally {
      await kube.request({ method: "DELETE", path: `${path}/v1.broken.example` });
    }
  });
});

describe("what a real API server refuses", () => {
  /** A kubeconfig of a ServiceAccount that may do nothing. */
  const accountAccess = async (kube: KubeClient, name: string): Promise<Access> => {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await post(kube, accounts, { metadata: { name } });
    const { text } = await post(kube, `${accounts}/${name}/token`, { spec: { expirationSeconds: 600 } });
    const dir = mkdtempSync(join(tmpdir(), "kube-e2e-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const { ca } = (await access.credentials()).tls;
    writeFileSync(join(dir, "token"), JSON.parse(text).status.token);
    writeFileSync(join(dir, "ca.crt"), ca ?? "");
    const cluster = { server: access.server, "certificate-authority": "ca.crt" };
    const config = {
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: { tokenFile: "token" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    writeFileSync(join(dir, "config"), JSON.stringify(config));
    return findAccess({ kubeconfig: join(dir, "config"), env: {} })!;
  };

  it("names the missing rule, for lists and for watches", async () => {
    const { kube } = client({ access: await accountAccess(client().kube, "powerless") });
    const error = await faultOf(kube.get("/apis/apps/v1/deployments"));
    expect([error.code, error.details.rule]).toEqual([
      "kube-forbidden",
      '{apiGroups: ["apps"], resources: [deployments], verbs: [list]}',
    ]);
    expect(error.message).toContain('cannot list resource "deployments" in API group "apps" at the cluster scope');
    const watch = kube.watch("/api/v1/secrets", { resourceVersion: "0", onEvents: () => undefined });
    expect((await faultOf(watch.done)).details).toMatchObject({ verb: "watch", resource: "secrets" });
  });

  it("tells a bad token, an unknown CA and a wrong name apart", async () => {
    const good = await accountAccess(client().kube, "unknown");
    const { tls } = await good.credentials();
    const bad = (credentials: Awaited<ReturnType<Access["credentials"]>>) =>
      faultOf(client({ access: { ...good, credentials: async () => credentials } }).kube.get("/api/v1/pods"));
    expect((await bad({ tls, headers: { authorization: "Bearer nonsense" } })).code).toBe("kube-unauthorized");
    const { ca: _, ...noCa } = tls;
    const unknown = await bad({ tls: noCa, headers: {} });
    expect([unknown.code, unknown.message]).toEqual(["kube-unreachable", expect.stringContaining("unknown CA")]);
    expect((await bad({ tls: { ...tls, servername: "other.example" }, headers: {} })).message).toContain(
      "tls-server-name",
    );
  });
});

const { KILL_APISERVER: kill, START_APISERVER: start } = process.env;

describe.skipIf(!kill || !start)("an API server that is killed", () => {
  it("ends watches with an error that may be tried again, within seconds; afterwards all works", {
    timeout: 120_000,
  }, async () => {
    const { kube } = client();
    const run = (command: string) => execFileSync("sh", ["-c", command], { stdio: "ignore" });
    const watches = Array.from({ length: 120 }, () =>
      kube.watch(configMaps, { resourceVersion: "0", onEvents: () => undefined }),
    );
    await until(() => watches.every((watch) => watch.provenAt() > 0), 60_000);
    const killed = performance.now();
    run(kill!);
    const errors = await Promise.all(watches.map((watch) => faultOf(watch.done)));
    expect(performance.now() - killed).toBeLessThan(15_000);
    expect(new Set(errors.map(({ code, retry }) => `${code} ${retry}`))).toEqual(new Set(["kube-interrupted true"]));
    const away = await faultOf(kube.version());
    expect([away.code, away.retry]).toEqual(["kube-unreachable", true]);
    run(start!);
    expect((await kube.version()).major).toBe(1);
    const got: WatchEvent[] = [];
    const take = (events: readonly WatchEvent[]) => void got.push(...events);
    kube.watch(configMaps, { resourceVersion: "0", onEvents: take });
    await until(() => got.length > 1_000);
    // Its memory of changes begins anew, so an old place in them is gone.
    expect((await kube.watch(configMaps, { resourceVersion: "1", onEvents: take }).done).reason).toBe("gone");
  });
});
