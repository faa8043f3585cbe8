/** Folders of the packages of which a bundle holds code, by esbuild's metafile; sorted. */
export function packagesOf({ outputs }) {
  const folders = new Set();
  for (const { inputs } of Object.values(outputs))
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
      if (folder && bytesInOutput > 0) folders.add(folder);
    }
  return [...folders].sort();
}
