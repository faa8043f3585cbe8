import type { Obj } from "../client.ts";

type Pod = Obj<"v1/Pod">;

/** A pod that ended keeps its address in its status and gives it back to the node. */
const holds = ({ status, metadata }: Pod): boolean =>
  metadata.deletionTimestamp === undefined ? status?.phase !== "Succeeded" && status?.phase !== "Failed" : true;

/** The lowest address of the node's range that no living pod has. */
export function freeAddress(node: Obj<"v1/Node"> | undefined, pods: readonly Pod[]): string {
  const range = node?.spec?.podCIDR?.split(".").slice(0, 3).join(".") ?? "10.244.255";
  const used = new Set(pods.filter(holds).map(({ status }) => status?.podIP));
  for (let i = 2; i < 255; i++) if (!used.has(`${range}.${i}`)) return `${range}.${i}`;
  throw new Error(`no address is left in ${range}.0/24`);
}
