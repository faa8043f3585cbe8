import { apiVersionOf } from "../store/resources.ts";
import type { Store } from "../store/store.ts";

/** Group-versions that another server should serve and does not: discovery calls them stale, requests get 503. */
export function unavailable({ objects, catalog }: Store): readonly { group: string; version: string }[] {
  const served = new Set(catalog.all().map(apiVersionOf));
  return objects
    .list("apiservices.apiregistration.k8s.io")
    .filter(({ spec }) => spec?.service)
    .filter(({ spec, status }) => {
      const available = status?.conditions?.some(
        (one: { type: string; status: string }) => one.type === "Available" && one.status === "True",
      );
      return !available || !served.has(`${spec.group}/${spec.version}`);
    })
    .map(({ spec }) => ({ group: String(spec.group), version: String(spec.version) }));
}
