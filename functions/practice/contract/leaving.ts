import { ANY, get, patch, post, remove, type Step } from "./step.ts";
import { failure, MAPS, MERGE, map, NS } from "./words.ts";

/** A namespace goes, with all that is in it. */
export const LEAVING: readonly Step[] = [
  remove(
    "some namespaces stay",
    "/api/v1/namespaces/kube-public",
    undefined,
    403,
    failure(403, "Forbidden", 'namespaces "kube-public" is forbidden: this namespace may not be deleted'),
  ),
  post("something holds on", MAPS, map("held", { finalizers: ["e.example/f"] }), 201),
  remove("the namespace is deleted", NS, undefined, 200, {
    kind: "Namespace",
    metadata: { deletionTimestamp: ANY },
    status: { phase: "Terminating" },
  }),
  post(
    "nothing is made in it",
    MAPS,
    map("late"),
    403,
    failure(
      403,
      "Forbidden",
      'configmaps "late" is forbidden: unable to create new content in namespace {ns} because it is being terminated',
      { causes: [{ reason: "NamespaceTerminating" }] },
    ),
  ),
  get(
    "it is emptied",
    MAPS,
    200,
    { items: [{ metadata: { name: "held", deletionTimestamp: ANY } }] },
    { eventually: true },
  ),
  get("it waits for the last one", NS, 200, { status: { phase: "Terminating" } }),
  patch("which is let go", `${MAPS}/held`, MERGE, { metadata: { finalizers: null } }, 200),
  get("the namespace is gone", NS, 404, ANY, { eventually: true }),
];
