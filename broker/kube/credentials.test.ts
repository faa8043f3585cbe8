import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Access, findAccess } from "./access.ts";
import { config, find, folder } from "./test-kubeconfig.ts";
import { faultOf, json, serve } from "./test-server.ts";

describe("credentials", () => {
  it("of a token file are read again after a minute, or when they were rejected", async () => {
    const dir = folder({ config: config("a", { user: "tokenFile: t" }), t: "one" });
    let now = 1_000_000;
    const access = findAccess({ kubeconfig: join(dir, "config"), env: {}, clock: { now: () => now } })!;
    const token = async (rejected?: Parameters<Access["credentials"]>[0]) =>
      (await access.credentials(rejected)).headers.authorization;
    expect(await token()).toBe("Bearer one");
    writeFileSync(join(dir, "t"), "two\n");
    now += 59_000;
    expect(await token()).toBe("Bearer one");
    now += 2_000;
    expect(await token()).toBe("Bearer two");
    const before = await access.credentials();
    writeFileSync(join(dir, "t"), "three");
    expect(await token(before)).toBe("Bearer three");
    writeFileSync(join(dir, "t"), "four");
    expect(await token(before)).toBe("Bearer three"); // another request has renewed them already
    expect((await access.credentials()).tls).toBe(before.tls); // connections stay good
  });

  it("that cannot be read are an error that may be tried again", async () => {
    const error = await faultOf(find(config("a", { user: "tokenFile: gone" })).credentials());
    expect([error.code, error.retry]).toEqual(["kube-credentials", true]);
    expect(error.message).toContain("gone");
  });

  it("of nobody are none", async () => {
    const anonymous = config("a").replace(/user: a,/, "");
    expect((await find(anonymous).credentials()).headers).toEqual({});
  });
});

describe("exec plugins", () => {
  /** A plugin written in JavaScript, as a kubeconfig's user. */
  const plugin = (code: string, more = "") =>
    `exec: {apiVersion: client.authentication.k8s.io/v1, command: "${process.execPath}", args: [-e, ${JSON.stringify(code)}], ${more}}`;
  const say = (status: string) => `console.log(JSON.stringify({status: ${status}}))`;

  it("get what they need and give a token that is kept until it expires", async () => {
    let now = Date.parse("2026-11-21T10:00:00Z");
    const code = say(
      "{token: [process.env.A, process.env.B, process.env.KUBERNETES_EXEC_INFO, process.hrtime.bigint()].join(' '), expirationTimestamp: '2026-11-21T11:00:00Z'}",
    );
    const user = plugin(code, "env: [{name: A, value: a}], provideClusterInfo: true");
    const access = find(config("a", { user }), { env: { B: "b", PATH: process.env.PATH }, clock: { now: () => now } });
    const first = await access.credentials();
    expect(first.headers.authorization).toMatch(
      /^Bearer a b \{"kind":"ExecCredential".*"server":"https:\/\/a\.example:6443"/,
    );
    expect(first.headers.authorization).toContain('"interactive":false');
    now += 59 * 60_000;
    expect(await access.credentials()).toBe(first);
    now += 60_000;
    const [second, same] = await Promise.all([access.credentials(), access.credentials()]);
    expect(second).not.toEqual(first);
    expect(same).toBe(second); // one run for both
  });

  it("give a client certificate, which makes other connections", async () => {
    const user = plugin(say("{clientCertificateData: 'CERT' + process.pid, clientKeyData: 'KEY'}"));
    const access = find(config("a", { user }));
    const first = await access.credentials();
    expect(first.tls).toMatchObject({ cert: expect.stringMatching(/^CERT\d+$/), key: "KEY" });
    expect((await access.credentials(first)).tls).not.toBe(first.tls);
  });

  it.each([
    ["fails", plugin("console.error('log in first'); process.exit(3)"), "failed (3): log in first"],
    ["gives no JSON", plugin("console.log('hello')"), "wrote no JSON"],
    ["gives nothing", plugin(say("{}")), "neither a token nor a client certificate"],
    ["is absent", "exec: {command: ./no-such-plugin, installHint: get it at x}", "is not installed; get it at x"],
  ])("that %s is named", async (_, user, says) => {
    const error = await faultOf(find(config("a", { user })).credentials());
    expect(error.code).toBe("kube-credentials");
    expect(error.message).toContain(says);
  });
});

describe("the auth-provider oidc", () => {
  const START = Date.parse("2026-11-21T10:00:00Z");
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  /** An id token that is good for so many seconds. */
  const jwt = (seconds: number, more = {}) =>
    `${part({ alg: "none" })}.${part({ exp: START / 1000 + seconds, ...more })}.x`;

  const issuer = async (more: object = {}, idToken?: (n: number) => string) => {
    const asked: string[] = [];
    const server = await serve("http/1.1", (request, response) => {
      if (request.url === "/.well-known/openid-configuration")
        return json(response, { token_endpoint: `${server.url}/token`, ...more });
      let body = "";
      request.on("data", (piece) => {
        body += piece;
      });
      return request.on("end", () => {
        asked.push(`${request.method} ${request.headers.authorization ?? ""} ${body}`);
        json(response, { id_token: idToken?.(asked.length), refresh_token: `next${asked.length}` });
      });
    });
    return { url: server.url, asked };
  };

  const login = (settings: Readonly<Record<string, string>>, at = START) => {
    const clock = { now: () => at };
    const user = `auth-provider: {name: oidc, config: ${JSON.stringify(settings)}}`;
    const access = find(config("a", { user }), { clock });
    return {
      access,
      later: (ms: number) => {
        at += ms;
      },
    };
  };

  it("gives its token while that is good, and asks nobody", async () => {
    const { access } = login({ "id-token": jwt(3600), "idp-issuer-url": "http://127.0.0.1:1" });
    expect((await access.credentials()).headers.authorization).toBe(`Bearer ${jwt(3600)}`);
  });

  it("renews it at the issuer, each time with the refresh token that came last", async () => {
    const { url, asked } = await issuer({}, (n) => jwt(n * 600));
    const settings = {
      "client-id": "me",
      "client-secret": "s&t",
      "refresh-token": "first",
      "idp-issuer-url": `${url}/`,
    };
    const { access, later } = login({ ...settings, "id-token": jwt(-5) });
    const token = async () => (await access.credentials()).headers.authorization;
    expect(await token()).toBe(`Bearer ${jwt(600)}`);
    later(500_000);
    expect(await token()).toBe(`Bearer ${jwt(600)}`);
    later(90_000);
    expect(await token()).toBe(`Bearer ${jwt(1_200)}`);
    const basic = Buffer.from("me:s%26t").toString("base64");
    expect(asked).toEqual([
      `POST Basic ${basic} grant_type=refresh_token&refresh_token=first`,
      `POST Basic ${basic} grant_type=refresh_token&refresh_token=next1`,
    ]);
  });

  it("tells the secret as the issuer wants it, and none where there is none", async () => {
    const { url, asked } = await issuer({ token_endpoint_auth_methods_supported: ["client_secret_post"] }, () =>
      jwt(60),
    );
    const settings = { "client-id": "me", "refresh-token": "r", "idp-issuer-url": url };
    await login({ ...settings, "client-secret": "s" }).access.credentials();
    await login(settings).access.credentials();
    const form = "POST  grant_type=refresh_token&refresh_token=r&client_id=me";
    expect(asked).toEqual([`${form}&client_secret=s`, form]);
  });

  it("says what is missing", async () => {
    const { url } = await issuer();
    const settings = { "client-id": "me", "refresh-token": "r", "idp-issuer-url": url };
    for (const [of, says] of [
      [{ "id-token": jwt(-1) }, "idp-issuer-url and refresh-token"],
      [{ "id-token": "nonsense" }, "is no JWT"],
      [settings, "gave no id_token"],
      [{ ...settings, "idp-issuer-url": `${url}/else` }, "names no token_endpoint"],
      [{ ...settings, "idp-certificate-authority": "gone.pem" }, "gone.pem"],
    ] as const) {
      const error = await faultOf(login(of).access.credentials());
      expect(error.code).toBe("kube-credentials");
      expect(error.message).toMatch(new RegExp(says));
    }
  });
});
