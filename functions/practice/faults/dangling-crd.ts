import { EXPORT } from "../cluster/extensions.ts";
import type { Fault } from "./fault.ts";

const DEFINITION = { name: "exports.legacy.practice.example" };
const OBJECT = { name: "last-year", namespace: "data" };

/** A definition is deleted while an object of it waits for a controller that was removed before. */
export const danglingCrd: Fault = {
  name: "dangling-crd",
  expects: "control-plane/dangling-crd",
  findings: [{ kind: "CustomResourceDefinition", ...DEFINITION }],
  also: [
    {
      case: "workload/stuck-terminating",
      findings: [
        { kind: "CustomResourceDefinition", ...DEFINITION },
        { kind: "Export", ...OBJECT },
      ],
    },
  ],
  make: ({ client }) => client.remove("apiextensions.k8s.io/v1/CustomResourceDefinition", DEFINITION),
  mend({ client, store }) {
    if (!store.catalog.served("legacy.practice.example", "v1", "exports")) return;
    client.edit(EXPORT, OBJECT, ({ metadata }) => {
      if (metadata.deletionTimestamp !== undefined) metadata.finalizers = [];
    });
  },
};
