import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { Cluster, type ClusterPlace } from "./cluster.ts";
import { freePorts } from "./ports.ts";
import { builtCli } from "./testbed.ts";
import { timingsTable } from "./timings.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The control plane that all files of the lane share. */
    place: ClusterPlace;
    /** Where lateness is noted. */
    timings: string;
  }
}

/** One control plane for the whole lane, and the table of how late findings were at its end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  builtCli();
  const notes = mkdtempSync(join(tmpdir(), "roundsman-e2e-notes-"));
  const state = process.env.ROUNDSMAN_E2E_STATE ?? mkdtempSync(join(tmpdir(), "roundsman-e2e-"));
  const port = Number(process.env.ROUNDSMAN_E2E_PORT ?? (await freePorts(10)));
  const cluster = new Cluster({ state, port });
  const timings = join(notes, "timings.jsonl");
  const flags = ["--control-plane", "--kwok", "--audit"];
  try {
    await cluster.up(...flags);
  } catch (e) {
    await cluster.down();
    throw e;
  }
  project.provide("place", cluster.place);
  project.provide("timings", timings);
  // What the files of the client and of the practice cluster's contract go by.
  process.env.KUBECONFIG = cluster.kubeconfig;
  process.env.KILL_APISERVER = `kill -9 $(cut -d" " -f1 '${state}/run/kube-apiserver')`;
  process.env.START_APISERVER = `${cluster.upCommand} ${flags.join(" ")}`;
  return async () => {
    await cluster.down();
    process.stdout.write(timingsTable(timings));
    rmSync(notes, { recursive: true, force: true });
  };
}
