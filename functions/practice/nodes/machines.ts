import type { New } from "../client.ts";
import { timestamp } from "../clock.ts";
import { hashNumber } from "../random.ts";

/** What a node is made of. */
export interface Machine {
  readonly name: string;
  readonly zone: string;
  readonly pool: string;
  /** The third number of its pods' addresses and the last one of its own. */
  readonly index: number;
  readonly cpu: number;
  /** GiB. */
  readonly memory: number;
}

export const KUBELET_VERSION = "v1.34.4";

/** `count` machines of a pool in each zone: `general-a-1`. */
function pool(
  name: string,
  zones: readonly string[],
  count: number,
  size: { cpu: number; memory: number },
): Omit<Machine, "index">[] {
  return zones.flatMap((zone) =>
    Array.from({ length: count }, (_, i) => ({
      name: `${name}-${zone}-${i + 1}`,
      zone: `practice-${zone}`,
      pool: name,
      ...size,
    })),
  );
}

export const MACHINES: readonly Machine[] = [
  ...pool("general", ["a", "b"], 4, { cpu: 8, memory: 32 }),
  ...pool("memory", ["a", "b"], 2, { cpu: 8, memory: 64 }),
].map((machine, i) => ({ ...machine, index: i + 1 }));

const condition = (type: string, status: "True" | "False", reason: string, message: string, now: number) => ({
  type,
  status,
  reason,
  message,
  lastHeartbeatTime: timestamp(now),
  lastTransitionTime: timestamp(now),
});

/** A node as its kubelet and its problem detector register it. */
export function nodeOf({ name, zone, pool, index, cpu, memory }: Machine, now: number): New<"v1/Node"> {
  const podCIDR = `10.244.${index}.0/24`;
  const size = { cpu: String(cpu), "ephemeral-storage": "98831908Ki", memory: `${memory * 2 ** 20}Ki`, pods: "110" };
  return {
    metadata: {
      name,
      labels: {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/pool": pool,
        "topology.kubernetes.io/region": "practice",
        "topology.kubernetes.io/zone": zone,
      },
      annotations: { "node.alpha.kubernetes.io/ttl": "0" },
    },
    spec: { podCIDR, podCIDRs: [podCIDR], providerID: `practice:///${zone}/${name}` },
    status: {
      addresses: [
        { type: "InternalIP", address: `10.0.0.${10 + index}` },
        { type: "Hostname", address: name },
      ],
      capacity: size,
      allocatable: { ...size, cpu: `${cpu * 1000 - 80}m`, memory: `${memory * 2 ** 20 - 102_400}Ki` },
      conditions: [
        condition("KernelDeadlock", "False", "KernelHasNoDeadlock", "kernel has no deadlock", now),
        condition(
          "MemoryPressure",
          "False",
          "KubeletHasSufficientMemory",
          "kubelet has sufficient memory available",
          now,
        ),
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure", now),
        condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available", now),
        condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", now),
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      nodeInfo: {
        architecture: "amd64",
        bootID: `boot-${hashNumber(`boot ${name}`)}`,
        containerRuntimeVersion: "containerd://2.1.5",
        kernelVersion: "6.12.57",
        kubeletVersion: KUBELET_VERSION,
        kubeProxyVersion: "",
        machineID: String(hashNumber(`machine ${name}`)),
        operatingSystem: "linux",
        osImage: "Practice Linux 1",
        systemUUID: String(hashNumber(`system ${name}`)),
      },
    },
  };
}
