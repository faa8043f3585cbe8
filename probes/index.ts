import type { Inspection } from "#sdk";
import danglingCrd from "./control-plane/dangling-crd.ts";
import unservedApiService from "./control-plane/unserved-apiservice.ts";
import webhookWithoutBackend from "./control-plane/webhook-without-backend.ts";
import duplicatePodIp from "./network/duplicate-pod-ip.ts";
import serviceSelectsTwoOwners from "./network/service-selects-two-owners.ts";
import serviceWithoutEndpoints from "./network/service-without-endpoints.ts";
import leaseStale from "./node/lease-stale.ts";
import notReady from "./node/not-ready.ts";
import pressure from "./node/pressure.ts";
import requestsExceedAllocatable from "./node/requests-exceed-allocatable.ts";
import taskHung from "./node/task-hung.ts";
import versionSkew from "./node/version-skew.ts";
import danglingVolume from "./storage/dangling-volume.ts";
import crashLoop from "./workload/crash-loop.ts";
import imagePullFailing from "./workload/image-pull-failing.ts";
import massRestarts from "./workload/mass-restarts.ts";
import orphanedPod from "./workload/orphaned-pod.ts";
import pendingTooLong from "./workload/pending-too-long.ts";
import rolloutStuck from "./workload/rollout-stuck.ts";
import stuckTerminating from "./workload/stuck-terminating.ts";

/** It travels with them, and is no inspection of anything. */
export { default as canary } from "./roundsman/canary.ts";

/** The inspections that come with Roundsman. */
export const inspections: readonly Inspection[] = [
  danglingCrd,
  unservedApiService,
  webhookWithoutBackend,
  duplicatePodIp,
  serviceSelectsTwoOwners,
  serviceWithoutEndpoints,
  leaseStale,
  notReady,
  pressure,
  requestsExceedAllocatable,
  taskHung,
  versionSkew,
  danglingVolume,
  crashLoop,
  imagePullFailing,
  massRestarts,
  orphanedPod,
  pendingTooLong,
  rolloutStuck,
  stuckTerminating,
];
