import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { type Format, sayer } from "./print.ts";

export interface AlertsOptions extends Remote {
  readonly since?: string;
  readonly fingerprint?: string;
  readonly output: Format;
}

/** Has a subscription's sink told again what it was told of findings since then. */
export async function redeliver(context: Context, subscription: string, options: AlertsOptions): Promise<void> {
  const { since = "1h", fingerprint } = options;
  const client = await connect(context, options);
  const path = `/v1/alerts/${encodeURIComponent(subscription)}/redeliver`;
  const said = await client.post<{ subscription: string; since: string }>(path, {
    since,
    ...(fingerprint !== undefined && { fingerprint }),
  });
  sayer(context, options)(
    said,
    () => `${said.subscription} is told again of findings since ${said.since}, each under the id that it had.`,
  );
}
