import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** How late one finding was. */
export interface Timing {
  readonly case: string;
  readonly rule?: string;
  /** What was done to the cluster. */
  readonly fault: string;
  /** ms */
  readonly for: number;
  /** ms after the API server showed the condition and `for` had passed. */
  readonly raised: number;
  /** ms after the API server showed it mended and `clear` had passed. */
  readonly resolved: number;
}

export function noteTiming(file: string, timing: Timing): void {
  appendFileSync(file, `${JSON.stringify(timing)}\n`);
}

/** All that was noted, as a table for people. */
export function timingsTable(file: string): string {
  if (!existsSync(file)) return "";
  const timings = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Timing)
    .sort((a, b) => (a.case < b.case ? -1 : a.case > b.case ? 1 : 0));
  const rows = [
    ["case", "rule", "fault", "for ms", "raised late by ms", "resolved late by ms"],
    ...timings.map((t) => [
      t.case,
      t.rule ?? "",
      t.fault,
      ...[t.for, t.raised, t.resolved].map((ms) => String(Math.round(ms))),
    ]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) =>
    row.map((text, i) => (i < 3 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("  "),
  );
  return `\nHow late findings were, as a caller of the API sees it:\n${lines.join("\n")}\n`;
}
