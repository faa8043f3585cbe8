import { spawnSync } from "node:child_process";

const ENGINES = ["docker", "podman", "buildah"];

/** Whether a program ends well. */
const works = (command, ...args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** The first that can build here. @throws where none can: says what each lacks */
export function findEngine(wanted, { can = works } = {}) {
  const lacks = [];
  for (const engine of wanted ? [wanted] : ENGINES) {
    // Its client alone builds nothing: docker's version asks the daemon.
    if (can(engine, "version")) return { engine, hasBuildx: engine === "docker" && can("docker", "buildx", "version") };
    lacks.push(`${engine} ${can(engine, "--version") ? "is there, but does not answer" : "is not there"}`);
  }
  throw new Error(
    `No image can be built here: ${lacks.join(", ")}. Install one of ${ENGINES.join(", ")} or start it; --stage DIR writes what an image is built from.`,
  );
}

/**
 * How one image is built, as commands.
 * @param platforms e.g. ["linux/amd64", "linux/arm64"]; none = the machine's own. Nothing is run while it is built, so no
 *   emulation is needed
 */
export function buildCommands({ engine, hasBuildx }, { tag, args, platforms, context, push }) {
  const flags = [
    ...["--file", `${context}/Containerfile`],
    ...Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]),
  ];
  const several = platforms.length > 1;
  const platform = platforms.length > 0 ? ["--platform", platforms.join(",")] : [];
  if (engine === "docker" && hasBuildx) {
    // docker's own store keeps one platform's image: several go to the registry at once.
    if (several && !push) throw new Error("docker keeps an image of one platform: add --push, or build one at a time");
    const goesTo = push ? "--push" : "--load";
    return [["docker", "buildx", "build", goesTo, ...platform, ...flags, "--tag", tag, context]];
  }
  if (engine === "docker") {
    if (several) throw new Error("docker builds for several platforms with its plugin buildx, which is not there");
    const build = ["docker", "build", ...platform, ...flags, "--tag", tag, context];
    return push ? [build, ["docker", "push", tag]] : [build];
  }
  const names = several ? ["--manifest", tag] : ["--tag", tag];
  const build = [engine, "build", ...platform, ...flags, ...names, context];
  const send = several ? [engine, "manifest", "push", "--all", tag, `docker://${tag}`] : [engine, "push", tag];
  return push ? [build, send] : [build];
}
