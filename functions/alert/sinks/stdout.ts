import { stripVTControlCharacters, styleText } from "node:util";
import type { Severity } from "#sdk/terms.ts";
import type { Notice } from "../decide.ts";
import type { Sink } from "./sink.ts";

type Format = Parameters<typeof styleText>[0];
const COLOURS: Readonly<Record<Severity, Format>> = {
  critical: ["bold", "red"],
  high: "red",
  medium: "yellow",
  low: "blue",
};

export interface StdoutOptions {
  readonly write: (text: string) => void;
  /** A terminal: colours. */
  readonly colour: boolean;
}

/** What comes from a cluster may not move a terminal's cursor, nor begin a line of its own. */
const plain = (text: string) => stripVTControlCharacters(text).replace(/[\p{Cc}\u2028\u2029]+/gu, " ");

/** `12:03:11 ▲ critical network/duplicate-pod-ip Pod default/a: 2 running pods hold 10.0.0.1 [team-net] 1f2e3d4c` */
export function sayNotice({ state, finding }: Notice, colour: boolean): string {
  const paint = (format: Format, text: string) => (colour ? styleText(format, text, { validateStream: false }) : text);
  const at = (finding.resolvedAt ?? finding.lastSeen).slice(11, 19);
  const { namespace, name, kind } = finding.subject;
  const sign =
    state === "resolved"
      ? paint("green", "✓ resolved")
      : paint(COLOURS[finding.severity], `▲ ${finding.severity.padEnd(8)}`);
  const what = `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  const owner = finding.owner === undefined ? "" : ` [${plain(finding.owner)}]`;
  return `${paint("dim", at)} ${sign} ${finding.case} ${plain(what)}: ${plain(finding.message)}${owner} ${paint("dim", finding.fingerprint.slice(0, 8))}`;
}

/** One line each, for a person. */
export const stdoutSink = ({ write, colour }: StdoutOptions): Sink => ({
  async tell(notice) {
    write(`${sayNotice(notice, colour)}\n`);
  },
});
