import { sayMoment } from "#functions/defender/explain.ts";
import { fault } from "#sdk/errors.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { plain } from "#sdk/runtime/text.ts";
import { type Client, connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { type Format, print } from "./print.ts";
import { targetOf } from "./words.ts";

export interface ExplainOptions extends Remote {
  readonly cluster?: string;
  readonly zone?: string;
  readonly pool?: string;
  readonly owner?: string;
  readonly as?: string;
  readonly output: Format;
}

interface Explained {
  readonly decided?: Decision;
  readonly saidThen?: string;
  readonly decision: Decision;
  readonly says: string;
  readonly asked: { readonly pool?: string; readonly target: { readonly kind: string } };
}

/** What the defender would say to a request, or what it said and would say now. */
export async function explain(context: Context, words: readonly string[], options: ExplainOptions): Promise<void> {
  const client = await connect(context, options);
  const [first = "", target, ...more] = words;
  if (more.length > 0) throw fault("words-unclear", { text: words.join(" "), what: "is too much", wanted: SHAPE });
  const body = target === undefined ? { decision: first } : await requestOf(client, first, target, options);
  const answer = await client.post<Explained>("/v1/explain", body);
  context.process.stdout.write(print(options.output, answer, () => tell(answer, options)));
}

const SHAPE = "an operation and a target (drain Node/gpu-7), or the id of a decision";

async function requestOf(client: Client, operation: string, target: string, options: ExplainOptions) {
  const { zone, pool, owner, as } = options;
  return {
    operation,
    target: targetOf(target),
    cluster: options.cluster ?? (await onlyCluster(client)),
    ...(zone !== undefined && { zone }),
    ...(pool !== undefined && { pool }),
    ...(owner !== undefined && { owner }),
    ...(as !== undefined && { actor: as }),
  };
}

async function onlyCluster(client: Client): Promise<string> {
  const { clusters } = await client.get<{ clusters: string[] }>("/v1/defender");
  if (clusters.length === 1) return clusters[0]!;
  const known = clusters.length === 0 ? "none was heard of yet" : `known are ${clusters.join(", ")}`;
  throw fault("words-unclear", { text: "--cluster", what: "is needed here", wanted: `the cluster's name; ${known}` });
}

const lines = (text: string): string => text.split("\n").map(plain).join("\n");

function tell({ decided, saidThen, says, asked }: Explained, { pool }: ExplainOptions): string {
  const unplaced =
    saidThen === undefined && asked.target.kind === "Node" && asked.pool === undefined && pool === undefined
      ? "\n\nAsked as of no pool, since none is known for it: --pool names one."
      : "";
  if (saidThen === undefined) return lines(says) + unplaced;
  return saidThen === says
    ? `${lines(says)}\n\nIt was said so at ${sayMoment(decided!.time)}; asked again now, it is the same.`
    : `It was said then:\n${lines(saidThen)}\n\nAsked again now:\n${lines(says)}`;
}
