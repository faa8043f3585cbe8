import { inject } from "vitest";
import type { TestProject } from "vitest/node";
import { Bed } from "./bed.ts";

declare module "vitest" {
  export interface ProvidedContext {
    bed: { readonly cache: string; readonly brokers: readonly string[] };
  }
}

/** Three brokers for the whole lane: whoever takes one away brings it back. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cache, brokers } = await Bed.up(3);
  project.provide("bed", { cache, brokers });
  return () => new Bed(cache, brokers).down();
}

export const sharedBed = (): Bed => {
  const { cache, brokers } = inject("bed");
  return new Bed(cache, brokers);
};
