import { inspection } from "#sdk";

// Why a container waits when its image cannot be had.
const PULL_FAILURES = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
] as const;

/** A container's image must be there to be pulled. */
export default inspection.each({
  name: "workload/image-pull-failing",
  severity: "medium",
  reason:
    "The container cannot start. A wrong tag or missing credentials stop a rollout at its first pod; a registry that is down stops every pod that moves to a node without the image.",
  help: "`kubectl -n <namespace> describe pod <pod>` shows the registry's answer. Not found: correct the name or tag (`kubectl set image`), or push the image. Unauthorized: look at the pod's imagePullSecrets and whether the secret is in its namespace. Time-outs or 429 on many pods: look at the registry, its mirror and rate limits.",
  for: "1m",
  of: {
    kind: "v1/Pod",
    where: [
      {
        "status.containerStatuses[].state.waiting.reason": PULL_FAILURES,
        "metadata.deletionTimestamp": { exists: false },
      },
      {
        "status.initContainerStatuses[].state.waiting.reason": PULL_FAILURES,
        "metadata.deletionTimestamp": { exists: false },
      },
    ],
    pick: [
      "status.containerStatuses[].name",
      "status.containerStatuses[].image",
      "status.containerStatuses[].state.waiting",
      "status.initContainerStatuses[].name",
      "status.initContainerStatuses[].image",
      "status.initContainerStatuses[].state.waiting",
    ],
  },
  check: ({ metadata, status }) =>
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
      .filter((c) => PULL_FAILURES.some((reason) => reason === c.state?.waiting?.reason))
      .map(({ name, image, state }) => ({
        per: name,
        message: `The image ${image} of container ${name} in pod ${metadata.namespace}/${metadata.name} cannot be pulled`,
        evidence: { says: state?.waiting?.message ?? state?.waiting?.reason },
      })),
});
