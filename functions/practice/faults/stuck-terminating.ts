import { BACKUP } from "../cluster/extensions.ts";
import type { Fault } from "./fault.ts";

const WEEKLY = { name: "weekly", namespace: "data" };

/** Deleted, and held by a finalizer that nobody serves. */
export const stuckTerminating: Fault = {
  name: "stuck-terminating",
  expects: "workload/stuck-terminating",
  findings: [{ kind: "Backup", ...WEEKLY }],
  make: ({ client }) => client.remove(BACKUP, WEEKLY),
  mend({ client }) {
    client.edit(BACKUP, WEEKLY, ({ metadata }) => {
      if (metadata.deletionTimestamp !== undefined) metadata.finalizers = [];
    });
  },
};
