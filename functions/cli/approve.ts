import { sayMoment } from "#functions/defender/explain.ts";
import { fault } from "#sdk/errors.ts";
import type { Target } from "#sdk/operation/request.ts";
import { plain } from "#sdk/runtime/text.ts";
import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { saySubject } from "./findings-table.ts";
import { ago, type Format, sayer } from "./print.ts";
import { reasonOf } from "./words.ts";

export interface ApproveOptions extends Remote {
  readonly for?: string;
  readonly reason?: string;
  readonly output: Format;
}

interface Waiting {
  readonly matter: string;
  readonly operation: string;
  readonly cluster: string;
  readonly target: Target;
  readonly actor: string;
  readonly time: number;
  readonly reason?: string;
  readonly others: readonly string[];
}
interface Approval {
  readonly matter: string;
  readonly operation: string;
  readonly until: number;
  readonly by: string;
}
interface Approvals {
  readonly waiting: readonly Waiting[];
  readonly approved: readonly Approval[];
}

/** What waits for a person's yes; with a matter: the yes. */
export async function approve(context: Context, begins: string | undefined, options: ApproveOptions): Promise<void> {
  const client = await connect(context, options);
  const all = await client.get<Approvals>("/v1/approvals");
  const say = sayer(context, options);
  if (begins === undefined) return say(all, () => tellAll(all));
  const fitting = all.waiting.filter(({ matter }) => matter.startsWith(begins));
  if (fitting.length !== 1)
    throw fault("words-unclear", {
      text: begins,
      what: fitting.length === 0 ? "begins nothing that waits" : `begins ${fitting.length} that wait`,
      wanted: "one of those that `roundsman approve` lists",
    });
  const [waits] = fitting as [Waiting];
  const { matter, operation } = waits;
  const reason = reasonOf(options);
  const body = { matter, operation, reason, ...(options.for !== undefined && { for: options.for }) };
  const { approved } = await client.post<{ approved: Approval }>("/v1/approvals", body);
  say({ approved }, () =>
    [
      `Approved until ${sayMoment(approved.until)}: ${sayWhat(waits)}.`,
      "It is done when it is asked for again, if nothing else stands against it.",
      ...tellOthers(waits),
    ].join("\n"),
  );
}

const sayWhat = ({ operation, target, cluster }: Waiting): string =>
  `${operation} of ${saySubject(target)} of ${cluster}`;

const tellOthers = ({ others }: Waiting): string[] =>
  others.length === 0 ? [] : ["  Also against it:", ...others.map((other) => `  - ${plain(other)}`)];

function tellAll({ waiting, approved }: Approvals): string {
  const now = Date.now();
  const head =
    waiting.length === 0
      ? "Nothing waits for a person's yes."
      : `${waiting.length} ${waiting.length === 1 ? "operation waits" : "operations wait"} for a person's yes. To say it: roundsman approve MATTER --reason '…'`;
  const each = waiting.map((one) =>
    [
      `${one.matter}  ${plain(sayWhat(one))}`,
      ...(one.reason === undefined ? [] : [`  Why: ${plain(one.reason)}`]),
      `  Asked by ${plain(one.actor)}, ${ago(new Date(one.time).toISOString(), now)} ago.`,
      ...tellOthers(one),
    ].join("\n"),
  );
  const given = approved.map((one) => `${one.matter}  ${one.operation}, by ${one.by}, until ${sayMoment(one.until)}`);
  return [head, ...each, ...(given.length === 0 ? [] : [`Approved already:\n${given.join("\n")}`])].join("\n\n");
}
