import type { Obj } from "../client.ts";
import { every, timestamp } from "../clock.ts";
import type { ControllerContext } from "./context.ts";
import { controlledBy, isActive, keyOfObject, named, onPodsOf, ownedBy } from "./pods.ts";

type CronJob = Obj<"batch/v1/CronJob">;

const JOB = "batch/v1/Job";
const CRON = "batch/v1/CronJob";

/** Runs a Job's pods until enough of them succeeded, or too many failed. */
export function runJobs(context: ControllerContext): void {
  const { client, clock, on, work } = context;

  const queue = work((key) => {
    const job = client.get(JOB, named(key));
    if (!job?.spec.template.spec || job.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name } = named(key);
    const pods = ownedBy(client.list("v1/Pod", namespace), job);
    const count = (phase: string) => pods.filter(({ status }) => status?.phase === phase).length;
    const succeeded = count("Succeeded");
    const failed = count("Failed");
    const active = pods.filter(isActive).length;
    const complete = succeeded >= (job.spec.completions ?? 1);
    const givenUp = failed > (job.spec.backoffLimit ?? 6);
    if (!complete && !givenUp && active < (job.spec.parallelism ?? 1)) {
      const { template } = job.spec;
      client.create("v1/Pod", {
        metadata: {
          generateName: `${name}-`,
          namespace,
          labels: { ...template.metadata?.labels },
          ownerReferences: [controlledBy(job)],
        },
        spec: job.spec.template.spec,
      });
    }
    client.edit(JOB, job.metadata, (draft) => {
      const now = timestamp(clock.now());
      const known = draft.status?.conditions ?? [];
      const type = complete ? "Complete" : "Failed";
      const over = (complete || givenUp) && known.length === 0;
      const condition = {
        type,
        status: "True",
        lastProbeTime: now,
        lastTransitionTime: now,
        reason: complete ? "CompletionsReached" : "BackoffLimitExceeded",
      };
      draft.status = {
        ...draft.status,
        startTime: draft.status?.startTime ?? now,
        ...(over && { conditions: [condition], ...(complete && { completionTime: now }) }),
        ...(succeeded > 0 && { succeeded }),
        ...(failed > 0 && { failed }),
        ready: 0,
        terminating: 0,
      };
    });
  });

  on(["jobs.batch"], ({ type, object }) => {
    if (type !== "DELETED") queue.enqueue(keyOfObject(object));
  });
  onPodsOf(context, "Job", (key) => queue.enqueue(key));
}

/** Minutes between two runs: schedules of the form every-so-many-minutes are all that is known here. */
const minutesOf = (schedule: string): number | undefined => {
  const match = /^\*\/(\d{1,2}) \* \* \* \*$/.exec(schedule);
  return match ? Number(match[1]) : undefined;
};

/** Makes a Job when its time has come, and forgets old ones. */
export function runCronJobs(context: ControllerContext): void {
  const { client, clock } = context;

  const forget = (cron: CronJob) => {
    const over = ownedBy(client.list(JOB, cron.metadata.namespace), cron).filter(({ status }) =>
      status?.conditions?.some(({ type }) => type === "Complete"),
    );
    const oldestFirst = over.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
    for (const { metadata } of oldestFirst.slice(
      0,
      Math.max(0, over.length - (cron.spec.successfulJobsHistoryLimit ?? 3)),
    )) {
      client.remove(JOB, metadata, { propagationPolicy: "Background" });
    }
  };

  const run = (cron: CronJob, minute: number) => {
    const { name, namespace = "" } = cron.metadata;
    const jobName = `${name}-${minute}`;
    if (client.get(JOB, { name: jobName, namespace }) || !cron.spec.jobTemplate.spec) return;
    client.create(JOB, {
      metadata: { name: jobName, namespace, ownerReferences: [controlledBy(cron)] },
      spec: cron.spec.jobTemplate.spec,
    });
    client.edit(CRON, cron.metadata, (draft) => {
      draft.status = { ...draft.status, lastScheduleTime: timestamp(clock.now()) };
    });
    forget(cron);
  };

  every(clock, 15_000, () => {
    const minute = Math.floor(clock.now() / 60_000);
    for (const cron of client.list(CRON)) {
      const minutes = minutesOf(cron.spec.schedule);
      if (minutes && minute % minutes === 0 && !cron.spec.suspend) run(cron, minute);
    }
  });
}
