import { createHash } from "node:crypto";

/**
 * What an image holds of ours, as CycloneDX 1.5: the packages whose code is in the bundle, as package-lock.json names them.
 * (`npm sbom` knows what is installed; that is neither what is bundled, nor does it leave out what only builds and tests.)
 * The same bundle gives the same text. What the base image holds is for a scanner of images to say.
 */
export function sbomOf({ name, version, description, license }, folders, lock) {
  const components = folders.map((folder) => componentOf(folder, lock.packages[folder]));
  const body = {
    metadata: {
      component: {
        type: "application",
        "bom-ref": `${name}@${version}`,
        name,
        version,
        description,
        licenses: licensesOf(license),
      },
    },
    components,
    dependencies: [{ ref: `${name}@${version}`, dependsOn: components.map((one) => one["bom-ref"]) }],
  };
  const digest = createHash("sha256").update(JSON.stringify(body)).digest("hex");
  const uuid = digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-5$3-8$4-$5");
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    ...body,
  };
}

function componentOf(folder, locked) {
  if (!locked?.version) throw new Error(`${folder} is in the bundle, but not in package-lock.json: run npm install`);
  const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
  const purl = `pkg:npm/${name.replace("@", "%40")}@${locked.version}`;
  const [, algorithm, digest] = /^(sha\d+)-(.+)$/.exec(locked.integrity ?? "") ?? [];
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version: locked.version,
    purl,
    ...(digest && {
      hashes: [{ alg: algorithm.replace("sha", "SHA-"), content: Buffer.from(digest, "base64").toString("hex") }],
    }),
    ...(locked.license && { licenses: licensesOf(locked.license) }),
  };
}

const licensesOf = (license) => [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }];
