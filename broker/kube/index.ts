/** A thin client of the Kubernetes API server: get, list, watch, discover; and writes that say which state they mean. */
export { type Access, type FindAccessOptions, findAccess, plainAccess } from "./access.ts";
export { type ConnectOptions, connect, type KubeClient, type KubeResponse, type Version } from "./client.ts";
export type { Credentials, TlsOptions } from "./credentials.ts";
export type { Dial, Dialled, Protocol } from "./dial.ts";
export { type Discovery, findResource, type Resource } from "./discovery.ts";
export { createLease, type Lease, type LeaseOptions } from "./lease.ts";
export type { ListOptions, Named, Page } from "./list.ts";
export type { KubeObject, ObjectMeta } from "./objects.ts";
export type { Env } from "./proxy.ts";
export type { KubeRequest } from "./requester.ts";
export { tokenReviewer } from "./token-review.ts";
export { type Logger, TIMEOUTS, type Timeouts } from "./transport.ts";
export type { Watch, WatchEnd, WatchEvent, WatchOptions } from "./watch.ts";
export { createWriter, type PatchKind, type RemoveOptions, type Seen, seenOf, type Writer } from "./write.ts";
