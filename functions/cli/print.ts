import { stringify } from "yaml";
import { plain } from "#sdk/runtime/text.ts";
import type { Context } from "./context.ts";

export type Format = "table" | "json" | "yaml";

/** Columns of plain text, as wide as their widest cell; the last one is not padded. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [heads, ...rows.map((row) => row.map(plain))];
  const widths = heads.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? "").length)));
  return cells
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A value as JSON or YAML, or by a function of one's own for people. Ends with a newline. */
export function print(format: Format, value: unknown, people: () => string): string {
  if (format === "json") return `${JSON.stringify(value, null, 2)}\n`;
  if (format === "yaml") return stringify(value, { aliasDuplicateObjects: false });
  return `${people()}\n`;
}

/** Onto stdout, in the format that was asked for. */
export const sayer =
  ({ process }: Context, { output }: { readonly output: Format }) =>
  (value: unknown, people: () => string): void =>
    void process.stdout.write(print(output, value, people));

/** Text in lines of at most so many characters. */
export function wrap(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(/\s+/).filter(Boolean)) {
      if (line !== "" && line.length + 1 + word.length > width - indent.length) {
        lines.push(indent + line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line === "" ? "" : indent + line);
  }
  return lines.join("\n");
}

/** `5m`, `3h12m`, `9d`: how long ago, for people. */
export function ago(from: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(from)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
