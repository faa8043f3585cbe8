import { runApiServices } from "./api-services.ts";
import type { ControllerContext } from "./context.ts";
import { runCustomResources } from "./custom-resources.ts";
import { type GarbageCollector, runGarbageCollector } from "./garbage-collector.ts";
import { runNamespaces } from "./namespaces.ts";

/** What every cluster does, whatever runs in it. */
export function runHousekeeping(context: ControllerContext): { readonly garbageCollector: GarbageCollector } {
  runCustomResources(context);
  runApiServices(context);
  const garbageCollector = runGarbageCollector(context);
  runNamespaces(context);
  return { garbageCollector };
}
