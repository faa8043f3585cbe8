import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { readContainerfile } from "#test/e2e/support/containerfile.ts";
import { run } from "#test/e2e/support/run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const script = (name: string): Promise<any> => import(new URL(`../scripts/image/${name}.mjs`, import.meta.url).href);
const { IMAGES, stage } = await script("stage");
const { packagesOf } = await script("packages");
const { sbomOf } = await script("sbom");
const { buildCommands, findEngine } = await script("engine");

const dir = mkdtempSync(join(tmpdir(), "roundsman-image-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" });

describe.each(Object.keys(IMAGES))("the image %s", (image) => {
  const at = join(dir, image);
  const folders: string[] = stage(image, at);
  const app = join(at, "root/app");

  it("holds the bundle and no packages, maps or types", () => {
    const files = filesIn(at);
    expect(files.filter((file) => /node_modules|\.map$|\.ts$/.test(file))).toEqual([]);
    expect(files).toContain(image === "host" ? "root/app/dist/host/host.js" : "root/app/dist/cli.js");
    expect(files.some((file) => file.startsWith("root/app/dist/host"))).toBe(image === "host");
  });

  it("starts from what is in it alone, as its Containerfile says", async () => {
    const { entrypoint } = readContainerfile(readFileSync(join(at, "Containerfile"), "utf8"));
    const file = join(at, "root", entrypoint.at(-1)!);
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const env = { PATH: process.env.PATH, ROUNDSMAN_THREADS: "none" };
    if (image === "host")
      expect(await run(process.execPath, [file], { env })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("ROUNDSMAN_THREADS"),
      });
    else
      expect(await run(process.execPath, [file, "--version"], { env })).toMatchObject({
        code: 0,
        stdout: `${version}\n`,
      });
  });

  it("says of which packages it is made, by the lock, and brings their licences", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    const { components } = JSON.parse(readFileSync(join(app, "sbom.cdx.json"), "utf8"));
    expect(components.length).toBe(folders.length);
    expect(components.length).toBeGreaterThan(20);
    for (const [i, { name, version, purl, hashes }] of components.entries()) {
      expect(packages[folders[i]!].version).toBe(version);
      expect(purl).toBe(`pkg:npm/${name.replace("@", "%40")}@${version}`);
      expect(hashes[0]).toMatchObject({ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) });
    }
    const names = components.map(({ name }: { name: string }) => name);
    // What only tests and builds is in none; kafkajs is no host's.
    expect(names).toContain("fastify");
    expect(names).not.toContain("vitest");
    const licenses = readFileSync(join(app, "THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const part of licenses.split(/^─+$/m)) expect(part).toMatch(/says [A-Z]|permission|Apache License/i);
  });

  it("is nobody's by number, labelled, and built of the staged folder on a base of one's choice", () => {
    const text = readFileSync(join(at, "Containerfile"), "utf8");
    const { base, args, labels, copies, user } = readContainerfile(text);
    expect([base, args.BASE, user, copies]).toEqual([`\${BASE}`, "node:24-slim", "65532:65532", ["root/ /"]]);
    for (const label of ["title", "description", "licenses", "version", "revision", "created"])
      expect(labels).toContain(`org.opencontainers.image.${label}`);
  });
});

describe("a bill of materials", () => {
  it("names a package by the last node_modules, and none of which no code is left", () => {
    const inputs = {
      "node_modules/a/node_modules/@s/b/x.js": { bytesInOutput: 1 },
      "node_modules/gone/x.js": { bytesInOutput: 0 },
      "sdk/index.ts": { bytesInOutput: 1 },
    };
    expect(packagesOf({ outputs: { "x.js": { inputs } } })).toEqual(["node_modules/a/node_modules/@s/b"]);
  });
  it("is the same for the same bundle, and fails for what the lock does not know", () => {
    const own = { name: "n", version: "1.0.0", description: "d", license: "MIT" };
    const lock = { packages: { "node_modules/a": { version: "1.0.0", license: "(MIT OR ISC)" } } };
    expect(sbomOf(own, ["node_modules/a"], lock)).toEqual(sbomOf(own, ["node_modules/a"], lock));
    expect(sbomOf(own, ["node_modules/a"], lock)).toMatchObject({
      serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      components: [{ licenses: [{ expression: "(MIT OR ISC)" }] }],
    });
    expect(() => sbomOf(own, ["node_modules/b"], lock)).toThrow("node_modules/b is in the bundle");
  });
});

describe("what builds an image", () => {
  const can = (...able: string[]) => ({ can: (...words: string[]) => able.includes(words.join(" ")) });
  it("is the first that answers; where none does it is said what each lacks", () => {
    expect(findEngine(undefined, can("docker --version", "podman version"))).toEqual({
      engine: "podman",
      hasBuildx: false,
    });
    expect(findEngine(undefined, can("docker version", "docker buildx version"))).toMatchObject({ hasBuildx: true });
    expect(() => findEngine(undefined, can("docker --version"))).toThrow(
      "docker is there, but does not answer, podman is not there, buildah is not there",
    );
    expect(() => findEngine("buildah", can("docker version"))).toThrow("here: buildah is not there");
  });

  const of = { tag: "r/host:1", args: { VERSION: "1" }, platforms: [], context: "/c", push: false };
  const both = ["linux/amd64", "linux/arm64"];
  const flags = "--file /c/Containerfile --build-arg VERSION=1";
  it.each([
    [{ engine: "docker" }, {}, [`docker build ${flags} --tag r/host:1 /c`]],
    [{ engine: "docker" }, { push: true }, [`docker build ${flags} --tag r/host:1 /c`, "docker push r/host:1"]],
    [
      { engine: "docker", hasBuildx: true },
      { platforms: both, push: true },
      [`docker buildx build --push --platform linux/amd64,linux/arm64 ${flags} --tag r/host:1 /c`],
    ],
    [
      { engine: "podman" },
      { platforms: both, push: true },
      [
        `podman build --platform linux/amd64,linux/arm64 ${flags} --manifest r/host:1 /c`,
        "podman manifest push --all r/host:1 docker://r/host:1",
      ],
    ],
  ])("%o is told to build %o", (engine, more, commands) => {
    expect(buildCommands(engine, { ...of, ...more }).map((words: string[]) => words.join(" "))).toEqual(commands);
  });
  it.each([{ engine: "docker" }, { engine: "docker", hasBuildx: true }])(
    "%o cannot keep an image of two platforms, and says so",
    (engine) => expect(() => buildCommands(engine, { ...of, platforms: both })).toThrow(/buildx|--push/),
  );
});
