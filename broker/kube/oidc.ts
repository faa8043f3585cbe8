/** The auth-provider `oidc`: an id token, renewed at its issuer by the refresh token. What is renewed is kept in memory. */
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { PluginCredentials } from "./exec-plugin.ts";
import { isRecord, textOf } from "./fields.ts";

export type OidcLogin = (now: number) => Promise<PluginCredentials>;

/** The provider's `config` of a kubeconfig, its names as they are there; paths are absolute. */
export type OidcConfig = Readonly<Record<string, string>>;

const PATIENCE = 20_000;
/** ms before its end that a token is renewed. */
const LEEWAY = 20_000;

/** Gives the id token; asks the issuer where it has run out. Rejects with an Error that says what is wrong. */
export function oidcLogin(config: OidcConfig): OidcLogin {
  let token = config["id-token"];
  let refreshToken = config["refresh-token"];
  return async (now) => {
    if (token === undefined || now >= expiryOf(token) - LEEWAY) {
      if (!refreshToken || !config["client-id"] || !config["idp-issuer-url"]) {
        throw new Error("the id-token has run out: log in anew, or give client-id, idp-issuer-url and refresh-token");
      }
      const answer = await renew(config, refreshToken);
      token = answer.idToken;
      refreshToken = answer.refreshToken ?? refreshToken;
    }
    return { token, expires: expiryOf(token) };
  };
}

async function renew(config: OidcConfig, refreshToken: string): Promise<{ idToken: string; refreshToken?: string }> {
  const issuer = config["idp-issuer-url"]!.replace(/\/$/, "");
  const file = config["idp-certificate-authority"];
  const data = config["idp-certificate-authority-data"];
  const ca = data ? Buffer.from(data, "base64") : file ? await readFile(file) : undefined;
  const discovered = await ask(`${issuer}/.well-known/openid-configuration`, ca);
  const endpoint = textOf(discovered.token_endpoint);
  if (endpoint === undefined) throw new Error(`${issuer} names no token_endpoint`);
  const id = config["client-id"]!;
  const secret = config["client-secret"];
  const methods = discovered.token_endpoint_auth_methods_supported;
  // Basic is what OpenID Connect Discovery 1.0 takes for granted.
  const basic = secret && !(Array.isArray(methods) && methods.includes("client_secret_post"));
  const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
  if (!basic) form.set("client_id", id);
  if (secret && !basic) form.set("client_secret", secret);
  const login = [id, secret ?? ""].map(encodeURIComponent).join(":");
  const headers = basic ? { authorization: `Basic ${Buffer.from(login).toString("base64")}` } : {};
  const answer = await ask(endpoint, ca, { body: form.toString(), headers });
  const idToken = textOf(answer.id_token);
  if (idToken === undefined) throw new Error(`${endpoint} gave no id_token: log in anew with the scope openid`);
  const next = textOf(answer.refresh_token);
  return { idToken, ...(next !== undefined && { refreshToken: next }) };
}

/** JSON of the issuer; with a form it is a POST. */
const ask = (
  url: string,
  ca: Buffer | undefined,
  form?: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
): Promise<Record<string, unknown>> =>
  new Promise((done, fail) => {
    const send = url.startsWith("https:") ? httpsRequest : httpRequest;
    const headers = form ? { ...form.headers, "content-type": "application/x-www-form-urlencoded" } : {};
    const sent = send(
      url,
      { method: form ? "POST" : "GET", ca, headers, agent: false, timeout: PATIENCE },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece) => {
          text += piece;
        });
        answer.on("error", fail);
        answer.on("end", () => {
          if (answer.statusCode !== 200)
            return fail(new Error(`${url} answered with status ${answer.statusCode}: ${text.slice(0, 300)}`));
          try {
            const value: unknown = JSON.parse(text);
            if (isRecord(value)) return done(value);
            fail(new Error(`${url} answered with no JSON object`));
          } catch (e) {
            fail(new Error(`${url} answered with no JSON`, { cause: e }));
          }
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new Error(`${url} gave no answer within ${PATIENCE / 1000} s`)));
    sent.on("error", fail);
    sent.end(form?.body);
  });

/** Unix ms. */
function expiryOf(jwt: string): number {
  let payload: unknown;
  try {
    payload = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
  } catch (e) {
    throw new Error("the id-token is no JWT", { cause: e });
  }
  if (isRecord(payload) && typeof payload.exp === "number") return payload.exp * 1000;
  throw new Error("the id-token does not say when it expires");
}
