import type { Ref, Severity } from "../terms.ts";
import type { DurationOrParam } from "./duration.ts";

/** What is wrong, as a check says it. */
export interface Problem {
  message: string;
  /** What it is about. Default: the row of `per`, else the first read's only row. May name something absent. */
  subject?: Ref;
  related?: readonly Ref[];
  /** Default: the case's. */
  severity?: Severity;
  /** Anything JSON that helps a person; up to 16 KiB. Never part of the identity. */
  evidence?: unknown;
  /** Which of the case's statements this is. Part of the identity. */
  rule?: string;
  /** One finding per this row or name, where a key states several. Part of the identity; a row is the default subject too. */
  per?: Ref | string;
  /** When it began, by the object's own clock; may lie ahead. `for` counts from here, else from when it was first seen. */
  since?: string | number | undefined;
  /** Overrides the case's `for`. */
  for?: DurationOrParam;
}

/** Nothing, `false` or `[]` = all is well. A string = a problem with that message. */
export type Said = Problem | string | false | null | undefined | readonly Said[];
