// Bundles the bench and its subjects, each a process of its own, and runs it. Arguments: --check, --write.
// With `defender` first, the bench of the defender alone.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const subjects = [
  "floor-list",
  "peer-list",
  "peer-informer",
  "own-time",
  "defender",
  "limiters",
  "function",
  "kafka",
  "verdict-host",
  "dispatch-kafka",
];
// Beside the packages, so that the peers' are found.
const outdir = path("node_modules/.cache/roundsman-bench");
await build({
  absWorkingDir: path(""),
  entryPoints: {
    main: path("test/bench/main.ts"),
    decisions: path("test/bench/decisions.ts"),
    ...Object.fromEntries(subjects.map((name) => [`subjects/${name}`, path(`test/bench/subjects/${name}.ts`)])),
  },
  outdir,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  logLevel: "warning",
  outExtension: { ".js": ".js" },
});
const args = process.argv.slice(2);
const run =
  args[0] === "defender" ? ["--expose-gc", `${outdir}/decisions.js`, ...args.slice(1)] : [`${outdir}/main.js`, ...args];
const { status } = spawnSync(process.execPath, run, { stdio: "inherit", cwd: path("") });
process.exitCode = status ?? 1;
