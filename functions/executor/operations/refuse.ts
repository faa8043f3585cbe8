import { fault, type RoundsmanError } from "#sdk/errors.ts";
import { sayTarget } from "../kinds.ts";
import type { Doing } from "../operation.ts";

/** Nothing was done, for this reason. */
export const refuse = (operation: string, { granted }: Pick<Doing, "granted">, what: string): RoundsmanError =>
  fault("operation-refused", { operation, target: sayTarget(granted.target), what });

export const stopped = (operation: string, { granted }: Pick<Doing, "granted">): RoundsmanError =>
  fault("executor-stopped", { operation, target: sayTarget(granted.target) });

/** @throws executor-stopped, operation-braked where the brake is on: nothing more is done */
export async function heed(
  operation: string,
  doing: Pick<Doing, "granted" | "brake" | "signal">,
  soFar: string,
): Promise<void> {
  if (doing.signal.aborted) throw stopped(operation, doing);
  const why = await doing.brake();
  if (why !== undefined)
    throw fault("operation-braked", { operation, target: sayTarget(doing.granted.target), what: why, soFar });
}
