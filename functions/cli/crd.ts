import { stringify } from "yaml";
import { createWriter } from "#broker/kube/index.ts";
import { namedCluster } from "#functions/process/cluster.ts";
import { fault } from "#sdk/errors.ts";
import { DEFINITIONS } from "#sdk/resources/definitions.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import type { Context } from "./context.ts";

export interface CrdOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

const PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** A definition as the file in knative/crd/ has it: kubectl reads YAML 1.1, in which a plain `off` is no text. */
export const definitionText = (definition: object): string =>
  stringify(definition, { aliasDuplicateObjects: false, schema: "yaml-1.1" });

/** Prints the definitions, ready for kubectl, or applies them. */
export async function crd(context: Context, action: "print" | "install", options: CrdOptions): Promise<void> {
  if (action === "install") return install(context, options);
  context.process.stdout.write(Object.values(DEFINITIONS).map(definitionText).join("---\n"));
}

/** Server-side: what others added to them stays. Never to a cluster that nobody named. */
async function install({ process }: Context, options: CrdOptions): Promise<void> {
  const settings = { settings: options, env: process.env, clock: systemClock, random: Math.random };
  const cluster = namedCluster({ ...settings, logger: createLogger("warn") });
  if (!cluster)
    throw fault("config-invalid", {
      where: "The command line",
      key: "--kubeconfig",
      what: "is missing: name the cluster that the definitions shall be installed in, or print them with `roundsman crd`",
    });
  try {
    const writer = createWriter(cluster.client, "roundsman");
    for (const definition of Object.values(DEFINITIONS)) {
      const { name } = (definition as { metadata: { name: string } }).metadata;
      await writer.apply(`${PATH}/${name}`, definition, { force: true });
      process.stdout.write(`${name} applied to ${cluster.name}\n`);
    }
  } finally {
    await cluster.close();
  }
}
