/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly own: string;
  /** What it is held against. */
  readonly beside: string;
  readonly reach: string;
  readonly isReached: boolean;
  /** What `--check` asks for: where the figure to reach is not reached, that it does not get worse. */
  readonly isHeld: boolean;
}

export const tableOf = (rows: readonly Row[]): string =>
  [
    "| what | Roundsman | beside it | to reach | |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map(
      ({ what, own, beside, reach, isReached }) =>
        `| ${what} | ${own} | ${beside} | ${reach} | ${isReached ? "✓" : "✗"} |`,
    ),
  ].join("\n");

const BEGIN = "<!-- bench -->";
const END = "<!-- /bench -->";

/** A text with the table between its two marks. @throws where it has no marks */
export function withTable(text: string, table: string): string {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`the text has no ${BEGIN} … ${END}`);
  return `${text.slice(0, from + BEGIN.length)}\n\n${table}\n\n${text.slice(to)}`;
}
