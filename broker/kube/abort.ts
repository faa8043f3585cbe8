import { setMaxListeners } from "node:events";

/** Calls back when the signal is aborted; gives the way to stop listening. A signal may serve hundreds of watches. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => undefined;
  setMaxListeners(0, signal); // else node warns at the eleventh
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
