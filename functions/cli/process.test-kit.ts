import { Readable } from "node:stream";

export class Exited extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

export interface FakeProcess {
  readonly process: NodeJS.Process;
  readonly out: () => string;
  readonly err: () => string;
  readonly code: () => number | undefined;
}

/** What a command sees of its process: nothing of ours. */
export function fakeProcess(
  given: { env?: NodeJS.ProcessEnv; cwd?: string; stdin?: string | Uint8Array } = {},
): FakeProcess {
  const { env = {}, cwd = "/", stdin = "" } = given;
  const written = { out: "", err: "" };
  const sink = (name: keyof typeof written) => ({
    isTTY: false,
    write: (text: string) => void (written[name] += text),
  });
  const process = {
    env,
    cwd: () => cwd,
    stdin: Readable.from([Buffer.from(stdin as string)]),
    stdout: sink("out"),
    stderr: sink("err"),
    exitCode: undefined as number | undefined,
    exit: (code: number) => {
      throw new Exited(code);
    },
  };
  return {
    process: process as unknown as NodeJS.Process,
    out: () => written.out,
    err: () => written.err,
    code: () => process.exitCode,
  };
}
