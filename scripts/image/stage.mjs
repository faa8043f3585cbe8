import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { sbomOf } from "./sbom.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");

/**
 * The images: where each one's bundle is, and what of it no process runs. Source maps and types are for who develops;
 * what authors import comes with the package.
 */
export const IMAGES = {
  roundsman: { bundle: "dist", without: ["host", "types", "sdk.js", "testing.js"] },
  host: { bundle: "dist/host", without: [] },
};

/**
 * Lays out what an image is built from in an empty folder: `Containerfile`, and `root/`, which becomes the image's root.
 * @returns the packages that are in it
 */
export function stage(image, dir) {
  const { bundle, without } = IMAGES[image];
  const from = join(root, bundle);
  const list = join(from, "packages.json");
  if (!existsSync(list)) throw new Error(`${list} is not there: run npm run build`);
  const { name, version, description, license } = JSON.parse(read("package.json"));
  const folders = JSON.parse(readFileSync(list, "utf8"));
  rmSync(dir, { recursive: true, force: true });
  const app = join(dir, "root/app");
  mkdirSync(app, { recursive: true });
  const skipped = new Set([...without, "packages.json"]);
  cpSync(from, join(app, bundle), {
    recursive: true,
    filter: (path) => !skipped.has(relative(from, path)) && !path.endsWith(".map"),
  });
  // The bundles are modules by this; and they ask it for the version.
  const own = { name: image === name ? name : `${name}-${image}`, version, description, license };
  const write = (file, text) => writeFileSync(join(app, file), text);
  write("package.json", `${JSON.stringify({ ...own, type: "module" }, null, 2)}\n`);
  write("sbom.cdx.json", `${JSON.stringify(sbomOf(own, folders, JSON.parse(read("package-lock.json"))), null, 2)}\n`);
  write("THIRD-PARTY-LICENSES.txt", licenseTexts(folders));
  cpSync(join(root, "LICENSE"), join(app, "LICENSE"));
  cpSync(join(root, `knative/image/${image}.Containerfile`), join(dir, "Containerfile"));
  makeReadable(join(dir, "root"));
  return folders;
}

/** Whatever the umask of who builds: in a pod it is read by a user that is nobody. */
function makeReadable(dir) {
  chmodSync(dir, 0o755);
  for (const one of readdirSync(dir, { withFileTypes: true }))
    if (one.isDirectory()) makeReadable(join(dir, one.name));
    else chmodSync(join(dir, one.name), 0o644);
}

/** What most licences ask for: that they come along with the code. */
function licenseTexts(folders) {
  return folders
    .map((folder) => {
      const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file));
      const texts = files.map((file) => read(join(folder, file)).trim());
      if (texts.length === 0)
        texts.push(`Brings no text; its package.json says ${JSON.parse(read(join(folder, "package.json"))).license}.`);
      return [folder.replace(/^node_modules\//, ""), ...texts, ""].join("\n\n");
    })
    .join(`${"─".repeat(100)}\n`);
}
