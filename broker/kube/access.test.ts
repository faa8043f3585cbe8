import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { isFault, type RoundsmanError } from "#sdk/errors.ts";
import { findAccess } from "./access.ts";
import { config, find, folder } from "./test-kubeconfig.ts";

const refused = (run: () => unknown): RoundsmanError => {
  try {
    run();
  } catch (e) {
    if (isFault(e)) return e;
    throw e;
  }
  throw new Error("it was not refused");
};

describe("which cluster", () => {
  it("is nobody's unless named: a config at home is not looked at", () => {
    const home = folder({ ".kube/config": config("home") });
    expect(findAccess({ env: { HOME: home, USERPROFILE: home }, inClusterDir: join(home, "none") })).toBeUndefined();
  });

  it("is the argument's, before KUBECONFIG's, before the pod's", async () => {
    const dir = folder({
      a: config("a"),
      b: config("b"),
      "pod/token": "t",
      "pod/ca.crt": "ca",
      "pod/namespace": "shop\n",
    });
    const pod = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    const inClusterDir = join(dir, "pod");
    const env = { ...pod, KUBECONFIG: join(dir, "b") };
    expect(findAccess({ kubeconfig: join(dir, "a"), env, inClusterDir })).toMatchObject({
      cluster: "a",
      server: "https://a.example:6443",
      namespace: "of-a",
      source: `${join(dir, "a")}, context a`,
    });
    expect(findAccess({ env, inClusterDir })).toMatchObject({ cluster: "b" });
    const inCluster = findAccess({ env: pod, inClusterDir });
    expect(inCluster).toMatchObject({ cluster: "in-cluster", server: "https://[fd00::1]:443", namespace: "shop" });
    expect(await inCluster?.credentials()).toEqual({
      tls: { ca: "ca", rejectUnauthorized: true },
      headers: { authorization: "Bearer t" },
    });
  });

  it("is none in a pod without an account, and an error with half of one", () => {
    const dir = folder({ "half/ca.crt": "ca" });
    const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
    expect(findAccess({ env, inClusterDir: join(dir, "none") })).toBeUndefined();
    const error = refused(() => findAccess({ env, inClusterDir: join(dir, "half") }));
    expect(error.code).toBe("kube-in-cluster-invalid");
    expect(error.message).toContain("token is not there");
  });
});

describe("kubeconfig files", () => {
  it("are merged: the first file that names something has it, whole", async () => {
    const dir = folder({
      one: `${config("a", { user: "token: from-one" }).replace(/current-context.*/, "")}`,
      "deep/two": `${config("a", { user: "username: u, password: p", server: "https://other" })}`,
      three: config("c", { cluster: "certificate-authority: ca.pem", user: "tokenFile: t" }),
      "ca.pem": "the ca",
      t: "of the file\n",
    });
    const KUBECONFIG = ["one", "missing", "deep/two", "three", "one"].map((file) => join(dir, file)).join(delimiter);
    const first = findAccess({ env: { KUBECONFIG } });
    expect(first?.server).toBe("https://a.example:6443");
    expect((await first?.credentials())?.headers).toEqual({ authorization: "Bearer from-one" });
    const other = findAccess({ env: { KUBECONFIG }, context: "c" });
    expect(await other?.credentials()).toMatchObject({
      tls: { ca: "the ca" },
      headers: { authorization: "Bearer of the file" },
    });
  });

  it("must be there: all that the argument names, one that KUBECONFIG names", () => {
    const dir = folder({ a: config("a") });
    const both = [join(dir, "a"), join(dir, "gone")].join(delimiter);
    const error = refused(() => findAccess({ kubeconfig: both, env: {} }));
    expect(error.code).toBe("kube-config-unreadable");
    expect(error.message).toContain(join(dir, "gone"));
    expect(findAccess({ env: { KUBECONFIG: both } })?.cluster).toBe("a");
    expect(refused(() => findAccess({ env: { KUBECONFIG: join(dir, "gone") } })).code).toBe("kube-config-unreadable");
    expect(refused(() => findAccess({ kubeconfig: dir, env: {} })).code).toBe("kube-config-unreadable");
  });

  it("with an unknown context, or none: the contexts there are are named", () => {
    const error = refused(() => find(config("prod"), { context: "pord" }));
    expect(error.code).toBe("kube-context-unknown");
    expect(error.message).toMatch(
      /There is no context "pord" in the kubeconfig .*config\. Contexts there: prod\. .*--context/,
    );
    expect(refused(() => find("{}")).message).toMatch(/No context is current in .* Contexts there: none/);
    expect(refused(() => find("")).code).toBe("kube-context-unknown");
  });

  it.each([
    ["bad YAML", "a: [", "is not valid YAML"],
    ["a list", "[]", "is not a kubeconfig"],
    ["a section that is no list", "clusters: {}", "clusters is not a list"],
    ["an entry without a name", "users: [{user: {}}]", "users[0] has no name"],
    ["no server", config("a").replace(/server: "[^"]*", /, ""), 'cluster "a" has no server'],
    ["a server of another kind", config("a", { server: "ssh://x" }), "no http:// or https:// URL"],
    [
      "a context without its cluster",
      config("a").replace("cluster: a,", "cluster: z,"),
      'the cluster "z", which is not in it',
    ],
    ["a context without its user", config("a").replace("user: a,", "user: z,"), 'the user "z", which is not in it'],
  ])("are refused with %s, by a sentence that names the file", (_, text, says) => {
    const error = refused(() => find(text));
    expect(error.code).toBe("kube-config-invalid");
    expect(error.message).toContain(says);
    expect(error.message).toContain("/config");
  });

  it.each([
    ["impersonation", "as: somebody", "impersonation"],
    ["a provider that is gone", "auth-provider: {name: gcp}", "exec plugin"],
    ["a plugin that must ask", "exec: {command: x, interactiveMode: Always}", "run unattended"],
  ])("are refused with %s", (_, user, says) => {
    const error = refused(() => find(config("a", { user })));
    expect(error.code).toBe("kube-auth-unsupported");
    expect(error.message).toContain(says);
  });

  it("give TLS options and Basic authorization", async () => {
    const data = (text: string) => Buffer.from(text).toString("base64");
    const access = find(
      config("a", {
        cluster: `certificate-authority-data: ${data("CA")}, certificate-authority: /nowhere, tls-server-name: api, insecure-skip-tls-verify: true`,
        user: `client-certificate-data: ${data("CERT")}, client-key-data: ${data("KEY")}, username: u, password: 7`,
      }),
    );
    expect(await access.credentials()).toEqual({
      tls: { ca: "CA", cert: "CERT", key: "KEY", servername: "api", rejectUnauthorized: false },
      headers: { authorization: `Basic ${data("u:7")}` },
    });
  });
});

describe("proxies", () => {
  const proxyOf = (env: Record<string, string>, server = "https://api.prod.example:6443") =>
    find(config("a", { server }), { env }).proxy;

  it("come from proxy-url, else from the environment", () => {
    expect(
      find(config("a", { cluster: "proxy-url: 'http://p:3128'" }), { env: { HTTPS_PROXY: "http://q" } }).proxy,
    ).toBe("http://p:3128");
    expect(proxyOf({ HTTPS_PROXY: "http://q:1" })).toBe("http://q:1");
    expect(proxyOf({ https_proxy: "q:1" })).toBe("http://q:1");
    expect(proxyOf({ HTTP_PROXY: "http://q:1" })).toBeUndefined();
    expect(proxyOf({ HTTP_PROXY: "http://q:1" }, "http://api:80")).toBe("http://q:1");
    expect(proxyOf({})).toBeUndefined();
  });

  it.each([
    ["*", true],
    ["example", true],
    [".example", true],
    ["*.prod.example", true],
    ["api.prod.example", true],
    ["api.prod.example:6443", true],
    ["other, api.prod.example", true],
    [".api.prod.example", false],
    ["api.prod.example:443", false],
    ["prod", false],
    ["xample", false],
    ["10.0.0.0/8", false],
    ["", false],
  ])("are left out by NO_PROXY=%s: %s", (NO_PROXY, exempt) => {
    expect(proxyOf({ HTTPS_PROXY: "http://q", NO_PROXY }) === undefined).toBe(exempt);
  });

  it.each([
    ["https://10.1.2.3:6443", "10.0.0.0/8", true],
    ["https://10.1.2.3:6443", "10.1.2.3", true],
    ["https://10.1.2.3:6443", "11.0.0.0/8, 10.0.0.0/99", false],
    ["https://[fd00::7]:6443", "fd00::/8", true],
    ["https://[fd00::7]:6443", "fd00::7", true],
    ["https://127.0.0.2:6443", "", true],
    ["https://localhost:6443", "", true],
  ])("for %s are left out by NO_PROXY=%s: %s", (server, NO_PROXY, exempt) => {
    expect(proxyOf({ HTTPS_PROXY: "http://q", NO_PROXY }, server) === undefined).toBe(exempt);
  });

  it("of another kind are refused, without their password", () => {
    const error = refused(() => find(config("a", { cluster: "proxy-url: 'socks5://me:secret@p'" })));
    expect(error.code).toBe("kube-proxy-unsupported");
    expect(error.message).toContain("socks5://***@p");
  });
});
