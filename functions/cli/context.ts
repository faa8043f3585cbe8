/** What commands work with: the process, and where this package's own files are. */
export interface Context {
  readonly process: NodeJS.Process;
  /** The folder of the bundles, with a slash at its end. */
  readonly here: URL;
}

export interface VersionedContext extends Context {
  readonly version: string;
}

/** This package's own modules. */
export const workerOf = ({ here }: Context): URL => new URL("case-worker.js", here);
export const probesOf = ({ here }: Context): URL => new URL("probes.js", here);
export const sdkOf = ({ here }: Context): URL => new URL("sdk.js", here);
export const testingOf = ({ here }: Context): URL => new URL("testing.js", here);
