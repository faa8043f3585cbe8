import type { Notice } from "../decide.ts";

/** Where notices go. */
export interface Sink {
  /**
   * Resolves when the sink has it.
   * @throws sink-refused: it will never take this one. Anything else: try again.
   */
  tell(notice: Notice): Promise<void>;
}
