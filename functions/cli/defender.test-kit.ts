import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import type { Config, Defender } from "#functions/defender/index.ts";
import { defenderRoutes } from "#functions/defender/index.ts";
import type { Callers } from "#sdk/serve/callers.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { CONFIG, defenderOn, hear, Machine, request, SILENT } from "../defender/fixture.test-kit.ts";
import { fakeProcess } from "./process.test-kit.ts";
import { createProgram } from "./program.ts";

/** package.json stands one folder above it. */
const here = new URL("../../dist/", import.meta.url);

export interface Running {
  readonly machine: Machine;
  readonly defender: Defender;
  /** What a command prints. */
  run(line: string, env?: NodeJS.ProcessEnv): Promise<string>;
  /** Asks for an operation, as a remedy would. */
  ask(more?: Parameters<typeof request>[1]): Promise<string>;
}

/** A defender that answers on a port, and the command line that asks it. */
export async function runningDefender(
  config: Partial<Config> = {},
  { isNew = false, callers }: { isNew?: boolean; callers?: Callers } = {},
): Promise<Running> {
  const machine = new Machine();
  const clock = { now: () => machine.utc };
  const log = memoryLog({ clock });
  const defender = defenderOn(log, machine, { logger: SILENT });
  await defender.start();
  if (!isNew) await defender.init({ by: "ana", reason: "first start" });
  await defender.configure({ ...CONFIG, ...config }, "ana");
  await hear(defender, machine);
  const app = createServer({
    callers,
    failed: (e) => {
      throw e;
    },
  });
  defenderRoutes(app, { defender, log, clock });
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await app.close();
    await defender.stop();
  });
  const PORT = String((app.server.address() as AddressInfo).port);
  return {
    machine,
    defender,
    async run(line, env = {}) {
      const { process, out } = fakeProcess({ env: { PORT, ...env } });
      // What stands in quotes is one word.
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
      await createProgram({ process, here }).parseAsync(["node", "roundsman", ...words]);
      return out();
    },
    ask: async (more) => (await defender.decide(request(machine, more))).outcome,
  };
}
