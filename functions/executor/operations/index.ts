import type { Operation } from "../operation.ts";
import { annotate } from "./annotate.ts";
import { cordon } from "./cordon.ts";
import { deletePod } from "./delete-pod.ts";
import { drain } from "./drain.ts";
import { evict } from "./evict.ts";
import { rolloutRestart } from "./rollout-restart.ts";
import { scale } from "./scale.ts";
import { taint } from "./taint.ts";
import { uncordon } from "./uncordon.ts";
import { untaint } from "./untaint.ts";
import { webhook } from "./webhook.ts";

/** All that can be granted. Another one is a file here and a line in this list. */
export const OPERATIONS: readonly Operation[] = [
  annotate,
  cordon,
  deletePod,
  drain,
  evict,
  rolloutRestart,
  scale,
  taint,
  uncordon,
  untaint,
  webhook,
];
