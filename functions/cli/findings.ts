import type { Line } from "#functions/healer/line.ts";
import { readLine } from "#functions/healer/read-line.ts";
import { compareFindings, filterFindings } from "#functions/ledger/api.ts";
import type { Manifest } from "#sdk/case/manifest.ts";
import { fault, isFault } from "#sdk/errors.ts";
import { traceIdOf } from "#sdk/event/trace.ts";
import { plain } from "#sdk/runtime/text.ts";
import type { Finding, SEVERITIES } from "#sdk/terms.ts";
import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { findingsTable, saySubject } from "./findings-table.ts";
import { tellLine } from "./line-text.ts";
import { ago, type Format, print, wrap } from "./print.ts";
import { readStored, withStored } from "./stored.ts";

interface Running extends Remote {
  readonly data?: string;
  readonly cluster?: string;
  readonly output: Format;
}

export interface FindingsOptions extends Running {
  readonly state: "open" | "resolved" | "all";
  readonly severity?: (typeof SEVERITIES)[number];
  readonly case?: string;
  readonly owner?: string;
  readonly namespace?: string;
}

/** From a running one over HTTP, or from a stopped one's log. In a fleet who has the findings need not have the cases. */
async function read(context: Context, options: Running): Promise<{ findings: Finding[]; cases: readonly Manifest[] }> {
  if (options.data !== undefined) return readStored(options.data, options.cluster);
  const { get } = await connect(context, options);
  const { findings } = await get<{ findings: Finding[] }>("/v1/findings");
  const { cases } = await whereServed(get<{ cases: Manifest[] }>("/v1/cases"), { cases: [] });
  return { findings, cases };
}

async function whereServed<T>(asked: Promise<T>, none: T): Promise<T> {
  try {
    return await asked;
  } catch (e) {
    if (isFault(e, "answered-badly") && e.details.status === 404) return none;
    throw e;
  }
}

export async function findings(context: Context, options: FindingsOptions): Promise<void> {
  const { state, output, severity, case: name, owner, namespace, cluster } = options;
  const found = filterFindings((await read(context, options)).findings, {
    ...(state !== "all" && { state }),
    ...(severity && { severity }),
    ...(name !== undefined && { case: name }),
    ...(owner !== undefined && { owner }),
    ...(namespace !== undefined && { namespace }),
    ...(cluster !== undefined && { cluster }),
  });
  const people = () =>
    found.length === 0 ? `No ${state === "all" ? "" : `${state} `}findings.` : findingsTable(found, Date.now());
  context.process.stdout.write(print(output, found, people));
}

/** A beginning that is long enough to ask for. */
const FINGERPRINT = /^[0-9a-f]{4,64}$/;

export async function show(context: Context, fingerprint: string, options: Running): Promise<void> {
  const { findings, cases } = await read(context, options);
  const fitting = findings.filter((f) => f.fingerprint.startsWith(fingerprint)).sort(compareFindings);
  if (fitting.length > 1)
    throw fault("finding-ambiguous", {
      fingerprint,
      count: fitting.length,
      all: `${fitting
        .slice(0, 10)
        .map((f) => f.fingerprint)
        .join(", ")}${fitting.length > 10 ? ", …" : ""}`,
    });
  const [finding] = fitting;
  if (!finding && !FINGERPRINT.test(fingerprint)) throw fault("finding-unknown", { fingerprint });
  const asked = readHistory(context, finding?.fingerprint ?? fingerprint, options);
  // Who has the findings need not know what was done: in a fleet that is the healer.
  const line = await (finding ? whereServed(asked, { fingerprint: finding.fingerprint, episodes: [] }) : asked);
  const done = tellLine(line);
  const { stdout } = context.process;
  // A node's condition is no finding, and has a history all the same.
  if (!finding) {
    const { fingerprint, cluster, case: name } = line;
    stdout.write(print(options.output, line, () => `${name} of ${cluster}, ${fingerprint}\n\nWhat was done\n${done}`));
    return;
  }
  const manifest = cases.find((one) => one.name === finding.case);
  const { episodes } = line;
  stdout.write(
    print(options.output, { ...finding, reasonOfCase: manifest?.reason, history: episodes }, () =>
      [tell(finding, manifest, Date.now()), ...(done === "" ? [] : ["", "What was done", done])].join("\n"),
    ),
  );
}

async function readHistory(context: Context, fingerprint: string, options: Running): Promise<Line> {
  const { data, cluster } = options;
  if (data !== undefined) return withStored(data, cluster, (log) => readLine(log, fingerprint));
  return (await connect(context, options)).get(`/v1/findings/${fingerprint}/history`);
}

function tell(finding: Finding, manifest: Manifest | undefined, now: number): string {
  const line = (label: string, value: string | undefined) =>
    value === undefined ? [] : [`${`${label}:`.padEnd(13)}${plain(value)}`];
  const { related, evidence } = finding;
  const shown = related.slice(0, 20).map(saySubject);
  return [
    `${finding.severity.toUpperCase()} ${finding.case}: ${plain(finding.message)}`,
    "",
    ...line("Subject", saySubject(finding.subject)),
    ...line(
      "State",
      finding.state === "open"
        ? `open for ${ago(finding.firstSeen, now)}${finding.stale ? ", stale: its view is old" : ""}`
        : `resolved ${ago(finding.resolvedAt ?? finding.lastSeen, now)} ago`,
    ),
    ...line("Why closed", finding.reason),
    ...line("Rule", finding.rule),
    ...line("Owner", finding.owner),
    ...line("Cluster", finding.cluster),
    ...line("First seen", finding.firstSeen),
    ...line("Last seen", finding.lastSeen),
    ...line("Episodes", String(finding.episodes)),
    ...line("Fingerprint", finding.fingerprint),
    ...line("Trace", traceIdOf(finding.traceparent)),
    ...(shown.length === 0
      ? []
      : line(
          "Related",
          `${shown.join(", ")}${related.length > shown.length ? `, and ${related.length - shown.length} more` : ""}`,
        )),
    ...(evidence === undefined ? [] : line("Evidence", JSON.stringify(evidence))),
    ...(manifest?.reason ? ["", "Why it matters", wrap(manifest.reason, 100, "  ")] : []),
    ...(finding.help ? ["", "What to do", wrap(finding.help, 100, "  ")] : []),
  ].join("\n");
}
