import { every, timestamp } from "../clock.ts";
import { nameHash } from "../random.ts";
import { isApiError } from "../store/status.ts";
import type { ControllerContext } from "./context.ts";

export interface Happening {
  readonly about: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string };
  };
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** Who says so: `kubelet`, `default-scheduler`. */
  readonly component: string;
}

export type Recorder = (happening: Happening) => void;

/** Ten minutes; a real cluster keeps them an hour. */
const KEPT = 10 * 60_000;

/** Writes Kubernetes' Events: what is said again is counted, what is old is forgotten. */
export function createRecorder({ client, clock, report }: ControllerContext): Recorder {
  every(clock, 60_000, () => {
    const oldest = timestamp(clock.now() - KEPT);
    for (const event of client.list("v1/Event")) {
      if ((event.lastTimestamp ?? event.metadata.creationTimestamp) < oldest) client.remove("v1/Event", event.metadata);
    }
  });

  return ({ about, type, reason, message, component }) => {
    const now = timestamp(clock.now());
    const namespace = about.metadata.namespace ?? "default";
    const name = `${about.metadata.name}.${nameHash(`${about.metadata.uid} ${reason} ${message}`, 16)}`;
    if (client.get("v1/Event", { name, namespace })) {
      return client.edit("v1/Event", { name, namespace }, (draft) => {
        draft.count = (draft.count ?? 1) + 1;
        draft.lastTimestamp = now;
      });
    }
    const { apiVersion, kind, metadata } = about;
    try {
      client.create("v1/Event", {
        metadata: { name, namespace },
        involvedObject: {
          apiVersion,
          kind,
          name: metadata.name,
          uid: metadata.uid,
          ...(metadata.namespace !== undefined && { namespace }),
        },
        type,
        reason,
        message,
        source: { component },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        reportingComponent: component,
      });
    } catch (error) {
      // A namespace on its way out takes no more events.
      if (!isApiError(error, 403) && !isApiError(error, 404)) report(error);
    }
  };
}
