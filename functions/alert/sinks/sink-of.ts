import { durationMs } from "#sdk/case/duration.ts";
import { fault, sayError } from "#sdk/errors.ts";
import type { AlertSubscription } from "#sdk/resources/schemas.ts";
import type { Env } from "#sdk/runtime/settings.ts";
import type { Sink } from "./sink.ts";
import { stdoutSink } from "./stdout.ts";
import { webhookSink } from "./webhook.ts";

export interface SinkOptions {
  readonly env: Env;
  readonly stdout: { write: (text: string) => void; readonly colour: boolean };
}

/** The sink of a subscription. @throws config-invalid: names the subscription and the field */
export function sinkOf({ metadata, spec }: AlertSubscription, { env, stdout }: SinkOptions): Sink {
  const where = `AlertSubscription ${metadata.name}`;
  const { webhook } = spec.sink;
  if (!webhook) return stdoutSink(stdout);
  if (!URL.canParse(webhook.url) || !/^https?:$/.test(new URL(webhook.url).protocol))
    throw fault("config-invalid", {
      where,
      key: "spec.sink.webhook.url",
      what: `is "${webhook.url}"; write an http:// or https:// URL`,
    });
  const headers = Object.entries(webhook.headers ?? {}).map(([name, value]) => {
    const text = typeof value === "string" ? value : env[value.fromEnv];
    if (text === undefined)
      throw fault("config-invalid", {
        where,
        key: `spec.sink.webhook.headers.${name}`,
        what: `names the variable ${(value as { fromEnv: string }).fromEnv}, which is not set`,
      });
    return [name, text] as const;
  });
  const timeout = durationMs(webhook.timeout ?? "10s", `${where}: spec.sink.webhook.timeout`);
  return webhookSink({ url: webhook.url, headers: Object.fromEntries(headers), timeout, fetch });
}

/** ms between two words on a sink that cannot be used. */
const UNUSABLE = 60_000;

/**
 * The same where others than this process judged the subscription: one that cannot be used here, for want of a variable, takes nothing
 * until it is mended, and holds up no other.
 */
export function usableSink(subscription: AlertSubscription, options: SinkOptions): Sink {
  try {
    return sinkOf(subscription, options);
  } catch (e) {
    const url = `AlertSubscription ${subscription.metadata.name}`;
    const unusable = fault("sink-unreachable", { url, what: sayError(e).replace(/\.$/, ""), retryAfter: UNUSABLE }, e);
    return { tell: () => Promise.reject(unusable) };
  }
}
