/** RemedyOperationJobs in the API server: the claims. */
import { createWriter, type KubeClient, type KubeObject, seenOf } from "#broker/kube/index.ts";
import { isFault } from "#sdk/errors.ts";
import { JOB_API_VERSION, type Job } from "#sdk/operation/job.ts";
import { MANAGER } from "./hands.ts";

/** They stand in no namespace: so there is one per target, whatever executors run and whichever namespaces these stand in. */
export const JOBS_PATH = `/apis/${JOB_API_VERSION}/remedyoperationjobs`;

export interface Jobs {
  get(name: string): Promise<Job | undefined>;
  list(): Promise<readonly Job[]>;
  /** Creates it, or writes its spec over the state that was seen. Undefined: somebody else was faster. */
  claim(job: Job): Promise<Job | undefined>;
  /** Writes its status over the state that was seen. Undefined: somebody else was faster, or it is gone. */
  status(job: Job): Promise<Job | undefined>;
  /** As it was seen; nothing where somebody else was faster. */
  remove(job: Job): Promise<void>;
}

const asObject = (job: Job) => job as unknown as KubeObject;
const asJob = (object: KubeObject) => object as unknown as Job;

export function createJobs(client: KubeClient): Jobs {
  const writer = createWriter(client, MANAGER);
  const path = (name: string) => `${JOBS_PATH}/${encodeURIComponent(name)}`;
  const unlessBeaten = async (write: Promise<KubeObject>, creates = false): Promise<Job | undefined> => {
    try {
      return asJob(await write);
    } catch (e) {
      // Where it is created a 404 means that its kind is not there: the definition is not installed.
      if (isFault(e, "kube-conflict") || (!creates && isFault(e, "kube-not-found"))) return undefined;
      throw e;
    }
  };
  return {
    async get(name) {
      try {
        return asJob(await client.get<KubeObject>(path(name)));
      } catch (e) {
        if (isFault(e, "kube-not-found")) return undefined;
        throw e;
      }
    },
    async list() {
      const jobs: Job[] = [];
      for await (const { items } of client.list(JOBS_PATH)) jobs.push(...items.map(asJob));
      return jobs;
    },
    claim: (job) =>
      unlessBeaten(
        job.metadata.resourceVersion === undefined
          ? writer.create(JOBS_PATH, job)
          : writer.update(path(job.metadata.name), asObject(job)),
        job.metadata.resourceVersion === undefined,
      ),
    status: (job) => unlessBeaten(writer.update(`${path(job.metadata.name)}/status`, asObject(job))),
    async remove(job) {
      try {
        await writer.remove(path(job.metadata.name), seenOf(asObject(job)));
      } catch (e) {
        if (!isFault(e, "kube-conflict") && !isFault(e, "kube-not-found")) throw e;
      }
    },
  };
}
