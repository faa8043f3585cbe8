import { ABSENT, ANY, get, patch, post, remove, type Step } from "./step.ts";
import { failure, MAPS, MERGE, map, NS } from "./words.ts";

/** Preconditions, finalizers, owners, grace. */
export const DELETING: readonly Step[] = [
  remove(
    "delete another's uid",
    `${MAPS}/c`,
    { preconditions: { uid: "other" } },
    409,
    failure(
      409,
      "Conflict",
      /^Operation cannot be fulfilled on ConfigMap "c": the UID in the precondition \(other\) does not match the UID in record/,
      { name: "c", kind: "ConfigMap" },
    ),
  ),
  remove(
    "delete another version",
    `${MAPS}/c`,
    { preconditions: { resourceVersion: "1" } },
    409,
    failure(
      409,
      "Conflict",
      /^Operation cannot be fulfilled on ConfigMap "c": the ResourceVersion in the precondition \(1\)/,
    ),
  ),
  remove(
    "delete in an unknown way",
    `${MAPS}/c`,
    { propagationPolicy: "Slowly" },
    422,
    failure(422, "Invalid", /propagationPolicy: Unsupported value: "Slowly"/),
  ),
  remove("delete", `${MAPS}/c`, { preconditions: { uid: "{uidc}" } }, 200, {
    kind: "Status",
    apiVersion: "v1",
    status: "Success",
    details: { name: "c", kind: "configmaps", uid: "{uidc}" },
  }),
  remove("delete again", `${MAPS}/c`, undefined, 404, failure(404, "NotFound", 'configmaps "c" not found')),
  patch("a finalizer", `${MAPS}/d`, MERGE, { metadata: { finalizers: ["e.example/f"] } }, 200),
  remove("holds what is deleted", `${MAPS}/d`, undefined, 200, {
    kind: "ConfigMap",
    metadata: { deletionTimestamp: ANY, deletionGracePeriodSeconds: 0, finalizers: ["e.example/f"] },
  }),
  patch(
    "no finalizer may join",
    `${MAPS}/d`,
    MERGE,
    { metadata: { finalizers: ["e.example/f", "e.example/g"] } },
    422,
    failure(
      422,
      "Invalid",
      /metadata\.finalizers: Forbidden: no new finalizers can be added if the object is being deleted/,
    ),
  ),
  patch("the last one lets go", `${MAPS}/d`, MERGE, { metadata: { finalizers: null } }, 200, {
    metadata: { name: "d" },
  }),
  get("and it is gone", `${MAPS}/d`, 404),
  post("an owner", MAPS, map("owner"), 201, ANY, { keep: { owner: "metadata.uid" } }),
  post(
    "what it owns",
    MAPS,
    map("owned", { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "{owner}" }] }),
    201,
  ),
  remove("the owner goes", `${MAPS}/owner`, undefined, 200),
  get("then what it owned", `${MAPS}/owned`, 404, ANY, { eventually: true }),
  post("a second owner", MAPS, map("owner"), 201, ANY, { keep: { owner: "metadata.uid" } }),
  post(
    "what it blocks for",
    MAPS,
    map("owned", {
      finalizers: ["e.example/f"],
      ownerReferences: [
        { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "{owner}", blockOwnerDeletion: true },
      ],
    }),
    201,
  ),
  remove("in the foreground", `${MAPS}/owner?propagationPolicy=Foreground`, undefined, 200, {
    metadata: { deletionTimestamp: ANY, finalizers: ["foregroundDeletion"] },
  }),
  get("what is owned goes first", `${MAPS}/owned`, 200, { metadata: { deletionTimestamp: ANY } }, { eventually: true }),
  get("the owner waits", `${MAPS}/owner`, 200),
  patch("let go", `${MAPS}/owned`, MERGE, { metadata: { finalizers: null } }, 200),
  get("then the owner goes too", `${MAPS}/owner`, 404, ANY, { eventually: true }),
  post("a third owner", MAPS, map("owner"), 201, ANY, { keep: { owner: "metadata.uid" } }),
  post(
    "what it will orphan",
    MAPS,
    map("orphan", { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "{owner}" }] }),
    201,
  ),
  remove("orphaning", `${MAPS}/owner`, { propagationPolicy: "Orphan" }, 200),
  get(
    "the orphan stays alone",
    `${MAPS}/orphan`,
    200,
    { metadata: { ownerReferences: ABSENT, deletionTimestamp: ABSENT } },
    { eventually: true },
  ),
  get("the owner is gone", `${MAPS}/owner`, 404, ANY, { eventually: true }),
  post(
    "a pod on a node",
    `${NS}/pods`,
    { metadata: { name: "p" }, spec: { nodeName: "nobody", containers: [{ name: "c", image: "e.example/c:1" }] } },
    201,
    {
      metadata: { generation: 1 },
      spec: {
        restartPolicy: "Always",
        terminationGracePeriodSeconds: 30,
        serviceAccountName: "default",
        containers: [{ imagePullPolicy: "IfNotPresent" }],
      },
      status: { phase: "Pending", qosClass: "BestEffort" },
    },
  ),
  post(
    "a pod without containers",
    `${NS}/pods`,
    { metadata: { name: "q" }, spec: { containers: [] } },
    422,
    failure(422, "Invalid", 'Pod "q" is invalid: spec.containers: Required value'),
  ),
  remove("is given time to stop", `${NS}/pods/p`, undefined, 200, {
    kind: "Pod",
    metadata: { generation: 2, deletionTimestamp: ANY, deletionGracePeriodSeconds: 30 },
  }),
  get("is still there", `${NS}/pods?fieldSelector=spec.nodeName%3Dnobody`, 200, {
    items: [{ metadata: { name: "p", deletionTimestamp: ANY } }],
  }),
  remove("or none", `${NS}/pods/p`, { gracePeriodSeconds: 0 }, 200, {
    kind: "Pod",
    metadata: { deletionGracePeriodSeconds: 0 },
  }),
  get("and is gone", `${NS}/pods/p`, 404),
  remove("delete what is selected", `${MAPS}?labelSelector=tier%3Done`, undefined, 200, {
    kind: "ConfigMapList",
    items: [{ metadata: { name: "a" } }],
  }),
  get("it is gone", `${MAPS}/a`, 404),
];
