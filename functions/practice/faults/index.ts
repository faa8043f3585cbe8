import { crashLoop } from "./crash-loop.ts";
import { danglingCrd } from "./dangling-crd.ts";
import { danglingVolume } from "./dangling-volume.ts";
import { duplicatePodIp } from "./duplicate-pod-ip.ts";
import type { Fault } from "./fault.ts";
import { imagePullFailing } from "./image-pull-failing.ts";
import { leaseStale } from "./lease-stale.ts";
import { massRestarts } from "./mass-restarts.ts";
import { notReady } from "./not-ready.ts";
import { orphanedPod } from "./orphaned-pod.ts";
import { pendingTooLong } from "./pending-too-long.ts";
import { pressure } from "./pressure.ts";
import { requestsExceedAllocatable } from "./requests-exceed-allocatable.ts";
import { rolloutStuck } from "./rollout-stuck.ts";
import { serviceSelectsTwoOwners } from "./service-selects-two-owners.ts";
import { serviceWithoutEndpoints } from "./service-without-endpoints.ts";
import { stuckTerminating } from "./stuck-terminating.ts";
import { taskHung } from "./task-hung.ts";
import { unservedApiService } from "./unserved-apiservice.ts";
import { versionSkew } from "./version-skew.ts";
import { webhookWithoutBackend } from "./webhook-without-backend.ts";

export type { ExpectedFinding, Fault } from "./fault.ts";

/** One for each inspection. No two of them touch the same thing, so any of them may stand together. */
export const FAULTS: readonly Fault[] = [
  duplicatePodIp,
  serviceWithoutEndpoints,
  serviceSelectsTwoOwners,
  stuckTerminating,
  orphanedPod,
  crashLoop,
  massRestarts,
  pendingTooLong,
  imagePullFailing,
  rolloutStuck,
  danglingVolume,
  danglingCrd,
  webhookWithoutBackend,
  unservedApiService,
  notReady,
  taskHung,
  pressure,
  versionSkew,
  leaseStale,
  requestsExceedAllocatable,
];
