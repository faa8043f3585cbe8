import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster } from "./cluster.ts";
import { freePorts } from "./ports.ts";

/** A cluster with a real node, and (without `--node`) Knative. @throws where this user, or this machine, cannot have one */
export async function nodeCluster(...flags: string[]): Promise<Cluster> {
  if (process.getuid?.() !== 0) throw new Error("a real node needs root: run this file as root, or leave it out");
  if (existsSync("/sys/class/net/insp0"))
    throw new Error(
      "a cluster with a node is up on this machine already (there is a bridge insp0): end that one first",
    );
  const cluster = new Cluster({ state: mkdtempSync(join(tmpdir(), "roundsman-e2e-node-")), port: await freePorts(10) });
  try {
    await cluster.up(...flags);
    return cluster;
  } catch (e) {
    await cluster.down();
    throw e;
  }
}
