import { painter, plain, type Style } from "#sdk/runtime/text.ts";
import type { Severity } from "#sdk/terms.ts";
import type { Notice } from "../decide.ts";
import type { Sink } from "./sink.ts";

const COLOURS: Readonly<Record<Severity, Style>> = {
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

/** `12:03:11 ▲ critical network/duplicate-pod-ip Pod default/a: 2 running pods hold 10.0.0.1 [team-net] 1f2e3d4c` */
export function sayNotice({ state, finding }: Notice, colour: boolean): string {
  const paint = painter(colour);
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
