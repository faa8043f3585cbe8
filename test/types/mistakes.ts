// Mistakes that must not compile, each marked with what the compiler's message must hold. `test/types.test.ts` compiles
// this file with and without the marks: with them it is clean, without them each line below a mark is an error.
import { inspection, t } from "#sdk";

const H = { name: "x/y", severity: "low" as const };

// @ts-expect-error no such field
export const typoInWhere = inspection.each({ ...H, of: { kind: "v1/Pod", where: { "status.fase": "Running" } }, check: () => "x" });
// @ts-expect-error no such field
export const typoInBy = inspection({ ...H, reads: { pods: { kind: "v1/Pod", by: "status.podIp" } }, check: () => "x" });
// @ts-expect-error no such field
export const typoInByList = inspection({ ...H, reads: { pods: { kind: "v1/Pod", by: ["metadata.namespace", "metadata.nam"] } }, check: () => "x" });
// @ts-expect-error no such field
export const listWithoutBrackets = inspection({ ...H, reads: { pods: { kind: "v1/Pod", by: "status.podIPs.ip" } }, check: () => "x" });
// @ts-expect-error is not assignable to type
export const unknownKind = inspection.each({ ...H, of: { kind: "v1/Pud" }, check: () => "x" });
// @ts-expect-error is not assignable to type
export const secrets = inspection.each({ ...H, of: { kind: "v1/Secret" }, check: () => "x" });
// @ts-expect-error no such field
export const typoInPick = inspection.each({ ...H, of: { kind: "v1/Pod", pick: ["spec.nodename"] }, check: () => "x" });
export const unpicked = inspection.each({ ...H, of: { kind: "v1/Pod", pick: ["spec.nodeName"] }, check: (pod) => {
  // @ts-expect-error Property 'status' does not exist
  pod.status?.phase;
  const node: string | undefined = pod.spec.nodeName;
  const name: string = pod.metadata.name;
  return node ?? name;
} });
export const dates = inspection.each({ ...H, of: { kind: "v1/Pod" }, check: (pod) => {
  // @ts-expect-error Property 'getTime' does not exist on type 'string'
  pod.metadata.deletionTimestamp?.getTime();
  return false;
} });
export const absent = inspection({ ...H, reads: { node: { kind: "v1/Node", by: "metadata.name", rows: "0-1" }, pods: { kind: "v1/Pod", by: "spec.nodeName" } }, check: ({ node, pods }) => {
  // @ts-expect-error is possibly 'undefined'
  node.metadata.name;
  const first: string = pods[0].metadata.name;
  return first;
} });
export const keyOfTwo = inspection({ ...H, reads: { pods: { kind: "v1/Pod", by: ["metadata.namespace", "metadata.name"] } }, check: (_, { key }) => {
  const [namespace, name] = key;
  const said: string = namespace + name;
  // @ts-expect-error Tuple type '[string, string]' of length '2' has no element at index '2'
  key[2];
  return said;
} });
export const paramIsANumber = inspection.each({ ...H, params: t.Object({ n: t.Number() }), of: { kind: "v1/Pod" }, check: (_, { params }) => {
  // @ts-expect-error Type 'number' is not assignable to type 'string'
  const text: string = params.n;
  return text;
} });
export const unionOfKinds = inspection.each({ ...H, of: { kind: ["apps/v1/Deployment", "apps/v1/DaemonSet"] }, check: (workload) => {
  if (workload.kind === "DaemonSet") return workload.status?.desiredNumberScheduled === 0 && "x";
  // @ts-expect-error Property 'desiredNumberScheduled' does not exist
  workload.status?.desiredNumberScheduled;
  return false;
} });
// @ts-expect-error no such field
export const typoInAge = inspection.each({ ...H, of: { kind: "v1/Pod", age: { of: "metadata.creationTime", over: "5m" } }, check: () => "x" });
// @ts-expect-error no such option of a read
export const typoInOption = inspection.each({ ...H, of: { kind: "v1/Pod", whre: {} }, check: () => "x" });
// @ts-expect-error is not assignable to type
export const viaOfNoRead = inspection({ ...H, reads: { a: { kind: "v1/Service" }, p: { kind: "v1/Pod", via: { read: "svc", at: "spec.selector", as: "selector" } } }, check: () => "x" });
// @ts-expect-error no such field
export const viaOfNoPath = inspection({ ...H, reads: { a: { kind: "v1/Service" }, p: { kind: "v1/Pod", via: { read: "a", at: "spec.selektor", as: "selector" } } }, check: () => "x" });
// @ts-expect-error "$nope"
export const undeclaredParam = inspection.each({ ...H, for: "$nope", params: t.Object({ n: t.Duration() }), of: { kind: "v1/Pod" }, check: () => "x" });
// @ts-expect-error is not assignable to type
export const unitMismatch = inspection.each({ ...H, of: { kind: "v1/Pod", where: { "status.phase": true } }, check: () => "x" });
// @ts-expect-error is not assignable to type
export const noSeverity = inspection.each({ name: "x/y", severity: "bad", of: { kind: "v1/Pod" }, check: () => "x" });
