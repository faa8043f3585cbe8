// Bundles each process and the package's own modules into dist/, and writes the types of what an author imports.
// Runs at install time too (npm's `prepare`), so it needs nothing but esbuild; types want the compiler as well.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { packagesOf } from "./image/packages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Packages that were written for require() find one. */
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

/**
 * `import … from "node:http"` reads every name that the module has, and one of them loads Node's own undici: 30 ms and 14 MB at
 * each start on Node 24. Asked for in this way only what is used is read.
 */
const builtins = {
  name: "builtins",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace: "builtin" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  outdir: path("dist"),
  logLevel: "warning",
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "linked",
  banner,
  plugins: [builtins],
};

/** Everything that is run; chunks are shared, and loaded when they are needed. esbuild itself stays a package. */
const processes = {
  ...common,
  entryPoints: {
    cli: path("functions/cli/main.ts"),
    "case-worker": path("sdk/serve/worker.ts"),
    probes: path("probes/index.ts"),
  },
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  minifySyntax: true,
  minifyWhitespace: true,
  external: ["esbuild"],
};

/** A host by itself: an image holds this folder (and package.json) alone, and nothing that a host does not run. */
const host = {
  ...common,
  outdir: path("dist/host"),
  entryPoints: {
    host: path("functions/host/main.ts"),
    "case-worker": path("sdk/serve/worker.ts"),
    probes: path("probes/index.ts"),
  },
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  minifySyntax: true,
  minifyWhitespace: true,
};

/** What authors import: typebox is a dependency of theirs too, so that its schemas are the same ones. */
const author = {
  ...common,
  entryPoints: { sdk: path("sdk/index.ts"), testing: path("sdk/testing/index.ts") },
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  external: ["typebox"],
};

rmSync(path("dist"), { recursive: true, force: true });
/** Beside the bundle: of which packages there is code in it. An image's bill of materials is made of that. */
async function bundle(options) {
  const { metafile } = await build({ ...options, metafile: true });
  writeFileSync(`${options.outdir}/packages.json`, `${JSON.stringify(packagesOf(metafile))}\n`);
}
await Promise.all([bundle(processes), bundle(host), build(author)]);

const tsc = path("node_modules/typescript/bin/tsc");
if (existsSync(tsc)) {
  const types = spawnSync(process.execPath, [tsc, "-p", path("tsconfig.types.json")], { stdio: "inherit" });
  if (types.status !== 0) process.exit(types.status ?? 1);
}
