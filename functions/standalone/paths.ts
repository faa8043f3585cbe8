import { join } from "node:path";
import type { Env } from "#sdk/runtime/settings.ts";

/** The user's state directory (XDG), where `--data` does not say another. */
export const stateDirectory = (env: Env, home: string): string =>
  join(env.XDG_STATE_HOME || join(home, ".local", "state"), "roundsman");

/** One folder per cluster. A name that is no plain file name is escaped, so that two clusters never share one. */
export const clusterDirectory = (data: string, cluster: string): string =>
  join(data, encodeURIComponent(cluster).replace(/^\.+$/, "%2E"));
