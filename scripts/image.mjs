// Builds the container images of what is in dist/: `npm run image`.
//   [host] [roundsman]      which; both where none is named
//   --prefix NAME           before their names: registry.example.com/team (default: roundsman)
//   --tag TAG               default: the package's version
//   --base IMAGE            what they stand on: Node 20.19 or newer (default: the Containerfile's)
//   --platform A,B          e.g. linux/amd64,linux/arm64 (default: this machine's)
//   --push                  and sends them to their registry
//   --engine NAME           docker, podman or buildah (default: the first that works)
//   --stage DIR             builds nothing: writes what each would be built from below DIR
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildCommands, findEngine } from "./image/engine.mjs";
import { IMAGES, stage } from "./image/stage.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const say = (text) => process.stderr.write(`image: ${text}\n`);

/** Of the commit, so that the same commit gives the same image. */
function git(...args) {
  const { status, stdout } = spawnSync("git", ["-C", root, ...args], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "unknown";
}

function main() {
  const string = { type: "string" };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ prefix: { ...string, default: "roundsman" }, tag: string, base: string, platform: string },
      ...{ push: { type: "boolean", default: false }, engine: string, stage: string },
    },
  });
  const images = positionals.length > 0 ? positionals : Object.keys(IMAGES);
  const strange = images.find((one) => !Object.hasOwn(IMAGES, one));
  if (strange) throw new Error(`there is no image "${strange}": there are ${Object.keys(IMAGES).join(", ")}`);
  if (values.stage !== undefined) {
    for (const image of images) {
      const dir = resolve(values.stage, image);
      say(`${dir}: ${stage(image, dir).length} packages`);
    }
    return;
  }
  const engine = findEngine(values.engine);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const args = {
    VERSION: version,
    REVISION: git("rev-parse", "HEAD"),
    CREATED: git("show", "-s", "--format=%cI", "HEAD"),
    ...(values.base !== undefined && { BASE: values.base }),
  };
  for (const image of images) {
    const context = mkdtempSync(join(tmpdir(), `roundsman-image-${image}-`));
    try {
      stage(image, context);
      const tag = `${values.prefix}/${image}:${values.tag ?? version}`;
      const platforms = values.platform?.split(",") ?? [];
      for (const [command, ...rest] of buildCommands(engine, { tag, args, platforms, context, push: values.push })) {
        say([command, ...rest].join(" "));
        const { status } = spawnSync(command, rest, { stdio: "inherit" });
        if (status !== 0) throw new Error(`${command} ended with ${status}`);
      }
    } finally {
      rmSync(context, { recursive: true, force: true });
    }
  }
}

try {
  main();
} catch (e) {
  say(e.message);
  process.exitCode = 2;
}
