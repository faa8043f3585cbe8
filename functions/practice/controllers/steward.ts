import type { New } from "../client.ts";
import { every } from "../clock.ts";
import { isApiError } from "../store/status.ts";
import type { ControllerContext } from "./context.ts";

/** What shall be there: a kind and an object to be made of it. */
export interface Wanted {
  readonly kind: string;
  readonly object: New<string>;
}

/** Checks tsc's way that an object is one of its kind. */
export const wanted = <K extends string>(kind: K, object: New<K>): Wanted => ({ kind, object: object as never });

/** Puts back what somebody deleted, as a delivery tool would. What somebody changed stays changed. */
export function runSteward(
  { client, clock, report }: ControllerContext,
  all: readonly Wanted[],
  interval: number,
): void {
  const put = () => {
    for (const { kind, object } of all) {
      const { name = "", namespace } = object.metadata;
      try {
        if (!client.get(kind, { name, namespace })) client.create(kind, object);
      } catch (error) {
        // Its namespace is on its way out, or its definition: next time.
        if (!isApiError(error) || (error.code !== 403 && error.code !== 404)) report(error);
      }
    }
  };
  put();
  every(clock, interval, put);
}
