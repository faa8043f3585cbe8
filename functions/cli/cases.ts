import { readConfigFiles } from "#functions/standalone/config-files.ts";
import { sayDuration } from "#sdk/case/duration.ts";
import { instancesOn } from "#sdk/resources/instances.ts";
import type { VersionedContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { isForPeople, loadCases } from "./loaded.ts";
import { type Format, print, table } from "./print.ts";

export interface CasesOptions {
  readonly cases?: string[];
  readonly config?: string;
  readonly output: Format;
}

const WIDTH = 90;

/** Lists what is loaded. A case with a mistake is named, and the exit code says so. */
export async function cases(context: VersionedContext, options: CasesOptions): Promise<void> {
  const { process } = context;
  const loaded = await loadCases(context, options.cases ?? []);
  try {
    const resources = options.config === undefined ? [] : await readConfigFiles(options.config);
    const configs = resources.filter((resource) => resource.kind === "ProbeConfig");
    const instances = instancesOn({ name: "cluster" }, loaded.manifests, configs);
    const shown = loaded.manifests.filter(isForPeople);
    const rows = shown.map((manifest) => {
      const own = instances.filter((instance) => instance.case === manifest.name);
      const wait = own.map((instance) => sayDuration(instance.for)).join(", ");
      const runs =
        manifest.kind === "probe"
          ? "probe: off"
          : own.length === 0
            ? "off"
            : own.map(({ id }) => id.slice(manifest.name.length + 1) || "on").join(", ");
      return [
        manifest.name,
        manifest.severity,
        wait || "-",
        manifest.owner ?? "-",
        runs,
        firstSentence(manifest.reason ?? ""),
      ];
    });
    process.stdout.write(
      print(options.output, shown, () => table(["CASE", "SEVERITY", "FOR", "OWNER", "RUNS", "WHY"], rows)),
    );
    for (const { message } of loaded.broken) process.stderr.write(`roundsman: ${message}\n`);
    if (loaded.broken.length > 0) process.exitCode = EXIT.failed;
  } finally {
    await loaded.dispose();
  }
}

/** As much of it as a line holds. */
function firstSentence(text: string): string {
  const sentence = /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text;
  return sentence.length <= WIDTH ? sentence : `${sentence.slice(0, sentence.lastIndexOf(" ", WIDTH - 1))} …`;
}
