/** The defender's windows beside other limiters, in a process of its own (`--expose-gc`): prints both results. */
import { besideLimiters, worstCounts } from "../beside-limiters.ts";

process.stdout.write(`${JSON.stringify({ ...(await besideLimiters()), worst: await worstCounts() })}\n`);
