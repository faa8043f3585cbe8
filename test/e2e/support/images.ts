import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import { readContainerfile } from "./containerfile.ts";
import { runWell } from "./run.ts";
import { ROOT } from "./testbed.ts";

export type Image = "roundsman" | "host";

/** The test bed's images have names of its own: what a user's registry is to a user. */
export const imageName = (image: Image) => `dev.local/roundsman-${image}`;
export const TAG = "e2e";

/**
 * The very folder that an image is built from, on the base that the test bed has, with what its Containerfile says; the
 * bed's own user is the Containerfile's. @throws where the Containerfile says what the bed cannot do
 */
export async function loadImages(cluster: Cluster, images: readonly Image[]): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "roundsman-e2e-images-"));
  try {
    await runWell(process.execPath, [join(ROOT, "scripts/image.mjs"), "--stage", dir, ...images]);
    for (const image of images) {
      const file = readContainerfile(readFileSync(join(dir, image, "Containerfile"), "utf8"));
      if (file.user !== "65532:65532") throw new Error(`the test bed runs as 65532:65532, and not as ${file.user}`);
      await cluster.makeImage(`${imageName(image)}:${TAG}`, join(dir, image, "root"), file);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
