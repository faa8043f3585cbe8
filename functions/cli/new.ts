import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fault } from "#sdk/errors.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";
import type { VersionedContext } from "./context.ts";

export interface NewOptions {
  readonly name: string;
  readonly package?: string;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,60}\/[a-z0-9][a-z0-9-]{0,60}$/;

const caseFile = (name: string) => `import { inspection, t } from "roundsman";

/** No container runs an image without a fixed tag: nobody could say what runs there. */
export default inspection.each({
  name: "${name}",
  severity: "low",
  reason: "An image tagged latest (or not at all) is another one after every restart, and a rollback brings nothing back.",
  help: "Give the image a version tag, or better its digest, in the workload's pod template.",
  for: "10s",
  params: t.Object({ allowed: t.Array(t.String(), { default: [] }) }),
  of: { kind: "v1/Pod", where: { "status.phase": "Running" }, pick: ["spec.containers[].name", "spec.containers[].image"] },
  check: (pod, { params }) =>
    pod.spec.containers
      .filter(({ image = "" }) => !image.includes("@") && /(:latest|\\/[^:/]+|^[^:/]+)$/.test(image) && !params.allowed.includes(image))
      .map(({ name, image }) => ({ per: name, message: \`container \${name} runs \${image}, which is no fixed version\` })),
});
`;

const testFile = (file: string) => `import assert from "node:assert/strict";
import test from "node:test";
import { examine } from "roundsman/testing";
import noFixedTag from "./${file}.ts";

const pod = (image: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", uid: "u1", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { containers: [{ name: "app", image }] },
  status: { phase: "Running" },
});

test("an image without a fixed tag is found", () => {
  const { open } = examine(noFixedTag, [pod("registry.example.com/shop/web:latest")], { scan: true });
  assert.deepEqual(open.map((finding) => finding.subject), ["Pod/shop/web"]);
});

test("a version or a digest is fine", () => {
  for (const image of ["shop/web:1.2.3", "shop/web@sha256:0123", "registry.example.com:5000/shop/web:v2"])
    assert.deepEqual(examine(noFixedTag, [pod(image)], { scan: true }).open, []);
});

test("what is allowed is allowed", () => {
  assert.deepEqual(examine(noFixedTag, [pod("busybox")], { scan: true, params: { allowed: ["busybox"] } }).open, []);
});
`;

const readmeFile = (name: string) => `# Cases of our own

A case is a small function: data in, verdict out. \`${name}\` is the first one.

| | |
|---|---|
| \`npm install\` | once |
| \`npm test\` | runs the tests: plain objects in, what is wrong now out |
| \`npx tsc\` | a path that does not exist, a field that was not picked: the compiler says so |
| \`npx roundsman scan --cases . -f dump.json\` | tries the cases on what \`kubectl get pods -A -o json\` printed |
| \`npx roundsman start --cases . --kubeconfig FILE\` | watches a cluster with them |
`;

const TSCONFIG = {
  compilerOptions: {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ["node"],
  },
};

/** Where npm gets roundsman from: this version, or this checkout while it is not installed from a registry. */
function packageSpec(context: VersionedContext, dir: string, given: string | undefined): string {
  const own = resolve(fileURLToPath(context.here), "..");
  if (given === undefined) return own.includes("node_modules") ? `^${context.version}` : `file:${relative(dir, own)}`;
  return /\.tgz$/.test(given) ? `file:${relative(dir, resolve(context.process.cwd(), given))}` : given;
}

/** @throws folder-taken */
async function makeEmpty(dir: string, given: string): Promise<void> {
  let names: string[];
  try {
    await mkdir(dir, { recursive: true });
    names = await readdir(dir);
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    const what =
      code === "EEXIST" || code === "ENOTDIR" ? "is, or stands in, a file" : `cannot be made (${sayFileError(e)})`;
    throw fault("folder-taken", { dir: given, what }, e);
  }
  if (names.length > 0) throw fault("folder-taken", { dir: given, what: "is not empty" });
}

/** Writes a folder with a case and its test, that depends on the package and on nothing else. */
export async function create(context: VersionedContext, given: string, options: NewOptions): Promise<void> {
  const { process } = context;
  const dir = resolve(process.cwd(), given);
  if (!NAME.test(options.name))
    throw fault("case-invalid", {
      where: "--name",
      field: "name",
      what: `is ${JSON.stringify(options.name)}; write group/kebab-case, such as "shop/no-latest-image"`,
    });
  await makeEmpty(dir, given || ".");
  const file = options.name.split("/")[1]!;
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const files: Record<string, string> = {
    "package.json": json({
      name: file,
      private: true,
      type: "module",
      scripts: { test: "roundsman test", check: "tsc" },
      dependencies: { roundsman: packageSpec(context, dir, options.package) },
      devDependencies: { "@types/node": "^20", typescript: ">=5.7" },
    }),
    "tsconfig.json": json(TSCONFIG),
    "README.md": readmeFile(options.name),
    ".gitignore": "node_modules/\n",
    [`cases/${file}.ts`]: caseFile(options.name),
    [`cases/${file}.test.ts`]: testFile(file),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text, { flag: "wx" });
  }
  process.stdout.write(`Wrote ${Object.keys(files).length} files. Next:\n  cd ${given}\n  npm install\n  npm test\n`);
}
