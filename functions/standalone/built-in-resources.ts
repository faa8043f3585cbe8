import type { Resource } from "#broker/kube/index.ts";

/** What Kubernetes 1.34 serves by itself, as `plural:Kind`, `!` = in no namespace. Secrets are left out: nothing reads them. */
const SERVED: Readonly<Record<string, string>> = {
  v1: "configmaps:ConfigMap endpoints:Endpoints events:Event limitranges:LimitRange namespaces:Namespace! nodes:Node! persistentvolumeclaims:PersistentVolumeClaim persistentvolumes:PersistentVolume! pods:Pod podtemplates:PodTemplate replicationcontrollers:ReplicationController resourcequotas:ResourceQuota serviceaccounts:ServiceAccount services:Service",
  "admissionregistration.k8s.io/v1":
    "mutatingwebhookconfigurations:MutatingWebhookConfiguration! validatingadmissionpolicies:ValidatingAdmissionPolicy! validatingadmissionpolicybindings:ValidatingAdmissionPolicyBinding! validatingwebhookconfigurations:ValidatingWebhookConfiguration!",
  "apiextensions.k8s.io/v1": "customresourcedefinitions:CustomResourceDefinition!",
  "apiregistration.k8s.io/v1": "apiservices:APIService!",
  "apps/v1":
    "controllerrevisions:ControllerRevision daemonsets:DaemonSet deployments:Deployment replicasets:ReplicaSet statefulsets:StatefulSet",
  "autoscaling/v2": "horizontalpodautoscalers:HorizontalPodAutoscaler",
  "batch/v1": "cronjobs:CronJob jobs:Job",
  "certificates.k8s.io/v1": "certificatesigningrequests:CertificateSigningRequest!",
  "coordination.k8s.io/v1": "leases:Lease",
  "discovery.k8s.io/v1": "endpointslices:EndpointSlice",
  "events.k8s.io/v1": "events:Event",
  "flowcontrol.apiserver.k8s.io/v1": "flowschemas:FlowSchema! prioritylevelconfigurations:PriorityLevelConfiguration!",
  "networking.k8s.io/v1":
    "ingressclasses:IngressClass! ingresses:Ingress ipaddresses:IPAddress! networkpolicies:NetworkPolicy servicecidrs:ServiceCIDR!",
  "node.k8s.io/v1": "runtimeclasses:RuntimeClass!",
  "policy/v1": "poddisruptionbudgets:PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1":
    "clusterrolebindings:ClusterRoleBinding! clusterroles:ClusterRole! rolebindings:RoleBinding roles:Role",
  "resource.k8s.io/v1":
    "deviceclasses:DeviceClass! resourceclaims:ResourceClaim resourceclaimtemplates:ResourceClaimTemplate resourceslices:ResourceSlice!",
  "scheduling.k8s.io/v1": "priorityclasses:PriorityClass!",
  "storage.k8s.io/v1":
    "csidrivers:CSIDriver! csinodes:CSINode! csistoragecapacities:CSIStorageCapacity storageclasses:StorageClass! volumeattachments:VolumeAttachment! volumeattributesclasses:VolumeAttributesClass!",
};

/** For where no cluster is asked. */
export const BUILT_IN_RESOURCES: readonly Resource[] = Object.entries(SERVED).flatMap(([apiVersion, names]) =>
  names.split(" ").map((one): Resource => {
    const [plural, name] = one.split(":") as [string, string];
    const slash = apiVersion.indexOf("/");
    const group = slash < 0 ? "" : apiVersion.slice(0, slash);
    return {
      group,
      version: apiVersion.slice(slash + 1),
      apiVersion,
      kind: name.replace("!", ""),
      plural,
      namespaced: !name.endsWith("!"),
      verbs: ["get", "list", "watch"],
      preferred: true,
      path: `/${group === "" ? "api" : "apis"}/${apiVersion}/${plural}`,
    };
  }),
);
