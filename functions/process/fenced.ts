import type { Log } from "#broker/log/log.ts";
import { fault } from "#sdk/errors.ts";

/** A log that takes nothing from one whose turn it may not be any more: asked at every append, right before it. */
export const fencedLog = (
  log: Log,
  { leads, lease }: { readonly leads: () => boolean; readonly lease: string },
): Log => ({
  append: async (records) => {
    if (!leads()) throw fault("lease-lost", { lease });
    return log.append(records);
  },
  read: (topic, options) => log.read(topic, options),
  subscribe: (options, handler) => log.subscribe(options, handler),
  end: (topic) => log.end(topic),
  trim: (topic, before) => log.trim(topic, before),
  close: () => log.close(),
});
