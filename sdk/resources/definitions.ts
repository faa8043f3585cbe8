/** The custom resource definitions that `roundsman crd` prints and installs. */
import { JOB_KIND, JobSpecSchema, JobStatusSchema } from "../operation/job.ts";
import { crdOf, type Definition } from "./crd.ts";

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

/** The file of each below knative/crd/, and what is in it. */
export const DEFINITIONS: Readonly<Record<string, object>> = {
  "remedyoperationjobs.yaml": crdOf(REMEDY_OPERATION_JOB),
};
