import type { Clock } from "../clock.ts";
import type { Random } from "../random.ts";
import { type Catalog, createCatalog } from "./catalog.ts";
import { createObjects, type Objects } from "./objects.ts";

/** What the API's operations work on: the objects, what is served, and time and chance as they come from outside. */
export interface Store {
  readonly objects: Objects;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: Random;
}

export interface WriteOptions {
  /** Only says what would be. */
  readonly dry?: boolean | undefined;
}

export interface StoreOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How many changes a watch may be behind, at least. Default 2,000. */
  readonly historyLimit?: number;
}

/** An empty cluster. What it obeys is in create, update, remove and patch; who acts in it is in controllers. */
export function createStore({ clock, random, historyLimit = 2_000 }: StoreOptions): Store {
  const objects = createObjects({ historyLimit });
  return { objects, catalog: createCatalog(objects), clock, random };
}
