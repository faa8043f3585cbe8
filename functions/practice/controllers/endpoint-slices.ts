import type { Obj } from "../client.ts";
import { type KubeObject, same } from "../store/object.ts";
import { selects } from "../store/selectors.ts";
import type { ControllerContext } from "./context.ts";
import { controlledBy, isOver, isReady, keyOfObject, named, ownedBy, type Pod } from "./pods.ts";

type Service = Obj<"v1/Service">;

const KIND = "discovery.k8s.io/v1/EndpointSlice";

/** A slice without endpoints says null, as the real controller's do. */
const orNull = <T>(list: readonly T[]): T[] => (list.length > 0 ? [...list] : (null as never));

/** Tells for each service with a selector where its pods are and which of them are ready. */
export function runEndpointSlices({ client, on, work }: ControllerContext): void {
  const endpointOf = (service: Service, pod: Pod) => {
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const serving = isReady(pod) || service.spec.publishNotReadyAddresses === true;
    const zone = client.get("v1/Node", { name: pod.spec.nodeName ?? "" })?.metadata.labels?.[
      "topology.kubernetes.io/zone"
    ];
    return {
      addresses: [pod.status?.podIP ?? ""],
      conditions: {
        ready: serving && (!terminating || service.spec.publishNotReadyAddresses === true),
        serving,
        terminating,
      },
      ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
      targetRef: {
        kind: "Pod",
        namespace: pod.metadata.namespace ?? "",
        name: pod.metadata.name,
        uid: pod.metadata.uid,
      },
      ...(zone !== undefined && { zone }),
    };
  };

  const portsOf = (service: Service, pods: readonly Pod[]) =>
    pods.length === 0
      ? []
      : (service.spec.ports ?? []).map(({ name = "", port, protocol = "TCP", targetPort }) => ({
          name,
          port: typeof targetPort === "number" ? targetPort : port,
          protocol,
        }));

  const queue = work((key) => {
    const service = client.get("v1/Service", named(key));
    if (!service || service.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name } = named(key);
    const selector = service.spec.selector;
    if (!selector || service.spec.type === "ExternalName") return;
    const pods = client
      .list("v1/Pod", namespace)
      .filter((pod) => selects(selector, pod) && pod.status?.podIP && !isOver(pod));
    const endpoints = orNull(pods.map((pod) => endpointOf(service, pod)));
    const ports = orNull(portsOf(service, pods));
    const [slice] = ownedBy(client.list(KIND, namespace), service);
    if (slice) {
      return client.edit(KIND, slice.metadata, (draft) => {
        if (same(draft.endpoints, endpoints) && same(draft.ports, ports)) return;
        Object.assign(draft, { endpoints, ports });
      });
    }
    client.create(KIND, {
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels: {
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          "kubernetes.io/service-name": name,
          ...(service.spec.clusterIP === "None" && { "service.kubernetes.io/headless": "" }),
        },
        ownerReferences: [controlledBy(service)],
      },
      addressType: "IPv4",
      endpoints,
      ports,
    });
  }, 50);

  const ofPod = (pods: readonly (KubeObject | undefined)[]) => {
    for (const service of client.list("v1/Service", pods[0]?.metadata.namespace)) {
      if (pods.some((pod) => pod && selects(service.spec.selector, pod))) queue.enqueue(keyOfObject(service));
    }
  };

  on(["services"], ({ type, object }) => {
    if (type !== "DELETED") queue.enqueue(keyOfObject(object));
  });
  on(["pods"], ({ object, before }) => ofPod([object, before]));
  on(["endpointslices.discovery.k8s.io"], ({ type, object }) => {
    const service = object.metadata.labels?.["kubernetes.io/service-name"];
    if (type === "DELETED" && service !== undefined) queue.enqueue(`${object.metadata.namespace}/${service}`);
  });
}
