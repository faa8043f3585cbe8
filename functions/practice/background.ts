import type { Cluster } from "./cluster/cluster.ts";
import { rollOut } from "./cluster/cluster.ts";
import { isActive, isReady } from "./controllers/pods.ts";
import { between, pick } from "./random.ts";

/** ms between two ordinary events. */
const GAP = [5_000, 9_000] as const;

/** Workloads that lose a pod now and then: none that a fault takes hold of, none that would miss it. */
const REPLACED = ["storefront", "checkout", "recommendations"] as const;
const ROLLED_OUT = ["storefront", "checkout", "search"] as const;

/** Ordinary life: a pod is replaced, a version is rolled out, the storefront grows and shrinks. Nothing of it is wrong. */
export function runBackground(cluster: Cluster): void {
  const { client, clock, random } = cluster;

  const replace = () => {
    const app = pick(random, REPLACED);
    const pods = client
      .list("v1/Pod", "shop")
      .filter((pod) => pod.metadata.labels?.app === app && isActive(pod) && isReady(pod));
    if (pods.length > 2) client.remove("v1/Pod", pick(random, pods).metadata);
  };

  const release = () => {
    const named = { name: pick(random, ROLLED_OUT), namespace: "shop" };
    const deployment = client.get("apps/v1/Deployment", named);
    const [major, minor, patch] =
      (deployment?.spec.template.spec?.containers[0]?.image ?? "").split(":")[1]?.split(".") ?? [];
    const settled = deployment?.status?.conditions?.some(({ reason }) => reason === "NewReplicaSetAvailable");
    if (settled && patch !== undefined) rollOut(cluster, named, `${major}.${minor}.${Number(patch) + 1}`);
  };

  const resize = () => {
    const replicas = between(random, 9, 11);
    client.edit("apps/v1/Deployment", { name: "storefront", namespace: "shop" }, ({ spec }) => {
      spec.replicas = replicas;
    });
    client.edit("autoscaling/v2/HorizontalPodAutoscaler", { name: "storefront", namespace: "shop" }, (draft) => {
      if (draft.status) Object.assign(draft.status, { currentReplicas: replicas, desiredReplicas: replicas });
    });
  };

  const live = () => {
    pick(random, [replace, replace, replace, release, resize])();
    clock.after(between(random, ...GAP), live);
  };
  clock.after(between(random, ...GAP), live);
}
