/** The custom resource definitions that `roundsman crd` prints and installs. */
import Type from "typebox";
import { ConditionSchema, JOB_KIND, JobSpecSchema, JobStatusSchema } from "../operation/job.ts";
import { type Column, crdOf, type Definition } from "./crd.ts";
import { type Resource, SCHEMAS } from "./schemas.ts";

const [GROUP, VERSION] = ["roundsman.dev", "v1alpha1"];

/**
 * In no namespace: a target has one name in the whole cluster, and so has its claim. In namespaces two executors could
 * each hold a claim on one node.
 */
const REMEDY_OPERATION_JOB: Definition = {
  group: GROUP,
  version: VERSION,
  kind: JOB_KIND,
  plural: "remedyoperationjobs",
  shortNames: ["roj"],
  scope: "Cluster",
  description: "The claim on one target of a remedy, and what came of it. Made by the executor alone.",
  spec: JobSpecSchema,
  status: JobStatusSchema,
  columns: [
    { name: "Operation", type: "string", jsonPath: ".spec.operation" },
    { name: "Kind", type: "string", jsonPath: ".spec.target.kind" },
    { name: "Namespace", type: "string", jsonPath: ".spec.target.namespace", priority: 1 },
    { name: "Target", type: "string", jsonPath: ".spec.target.name" },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Failure", type: "string", jsonPath: ".status.failure" },
    { name: "Message", type: "string", jsonPath: ".status.message" },
    { name: "Fence", type: "integer", jsonPath: ".spec.grant.fence", priority: 1 },
    { name: "Executor", type: "string", jsonPath: ".status.executor", priority: 1 },
    { name: "Started", type: "date", jsonPath: ".status.startedAt" },
  ],
};

/** What the watcher says of a resource that it read. */
export const ConfigStatusSchema = Type.Object({
  observedGeneration: Type.Optional(Type.Integer()),
  conditions: Type.Optional(
    Type.Array(ConditionSchema, {
      maxItems: 16,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
    }),
  ),
});

/** Whether it counts, for `kubectl get`; why not stands in its message. */
const ACCEPTED = ".status.conditions[?(@.type=='Accepted')]";
const LAST: readonly Column[] = [
  { name: "Accepted", type: "string", jsonPath: `${ACCEPTED}.status` },
  { name: "Reason", type: "string", jsonPath: `${ACCEPTED}.reason` },
  { name: "Message", type: "string", jsonPath: `${ACCEPTED}.message`, priority: 1 },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
];
const text = (name: string, path: string, priority?: number): Column => ({
  name,
  type: "string",
  jsonPath: `.spec.${path}`,
  ...(priority !== undefined && { priority }),
});

/** The kinds that people write. As in files each has one name, so they stand in no namespace. */
export type ConfigKind = Resource["kind"];
const CONFIG: Readonly<Record<ConfigKind, Pick<Definition, "plural" | "shortNames" | "description" | "columns">>> = {
  ProbeConfig: {
    plural: "probeconfigs",
    shortNames: ["pcfg"],
    description: "How a case runs on some clusters.",
    columns: [
      text("Case", "case"),
      text("Instance", "instance"),
      text("Strategy", "strategy"),
      { name: "Disabled", type: "boolean", jsonPath: ".spec.disabled" },
      text("Owner", "owner", 1),
    ],
  },
  AlertSubscription: {
    plural: "alertsubscriptions",
    shortNames: ["asub"],
    description: "Which findings one sink is told.",
    columns: [text("Severity", "match.severity"), text("URL", "sink.webhook.url")],
  },
  Budget: {
    plural: "budgets",
    shortNames: ["bud"],
    description: "At most so many operations in any window, for each value of a scope.",
    columns: [
      text("Scope", "scope"),
      text("Per", "limits[*].per"),
      text("In-Flight", "inFlight"),
      text("Spent", "whenSpent", 1),
    ],
  },
  Defender: {
    plural: "defenders",
    shortNames: ["dfd"],
    description: "How far pools are trusted, when nothing is done, and what needs a person's yes. There is one.",
    columns: [text("Trust", "trust[*].level"), text("Calendars", "calendars[*].name")],
  },
  Remedier: {
    plural: "remediers",
    shortNames: ["rmd"],
    description: "This finding or node condition, lasting so long, on these targets: that operation.",
    columns: [
      text("Strategy", "strategy"),
      text("Cases", "match.finding.case"),
      text("Condition", "match.condition.type"),
      text("Operations", "steps[*].operation"),
    ],
  },
  Cluster: {
    plural: "clusters",
    shortNames: ["rcl"],
    description:
      "A cluster of the fleet, by the name that its watcher has; its labels are what ProbeConfigs choose by.",
    columns: [],
  },
};

/** Of a kind, its plural: `roundsman.dev/v1alpha1/<plural>` is where it stands. */
export const CONFIG_PLURALS = Object.fromEntries(
  Object.entries(CONFIG).map(([kind, { plural }]) => [kind, plural]),
) as Readonly<Record<ConfigKind, string>>;

const configDefinition = (kind: ConfigKind): Definition => ({
  group: GROUP,
  version: VERSION,
  kind,
  scope: "Cluster",
  ...CONFIG[kind],
  spec: SCHEMAS[kind].properties.spec,
  status: ConfigStatusSchema,
  columns: [...CONFIG[kind].columns, ...LAST],
});

/** The file of each below knative/crd/, and what is in it. */
export const DEFINITIONS: Readonly<Record<string, object>> = Object.fromEntries(
  [REMEDY_OPERATION_JOB, ...(Object.keys(CONFIG) as ConfigKind[]).map(configDefinition)].map((one) => [
    `${one.plural}.yaml`,
    crdOf(one),
  ]),
);
