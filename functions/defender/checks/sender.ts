import { sayDuration } from "#sdk/case/duration.ts";
import type { Reason } from "#sdk/operation/decision.ts";
import { DUE } from "../config.ts";
import type { Check } from "./check.ts";

/** Whether the request is young, and its sender's clock can be believed. */
export const checkSender: Check = ({ state, request: { sent, due } }) => {
  const { utc } = state.time;
  const { epsilon } = state.config.settings;
  const reasons: Reason[] = [];
  const off = Math.max(Math.abs(utc - sent), due - utc);
  if (off > epsilon)
    reasons.push({
      code: "sender-clock",
      detail: `${sayDuration(off)} off, at most ${sayDuration(epsilon)} are allowed`,
    });
  if (utc - due > DUE)
    reasons.push({
      code: "too-old",
      detail: `due ${sayDuration(utc - due)} ago, at most ${sayDuration(DUE)} are allowed`,
    });
  else if (due <= state.forgotten)
    reasons.push({ code: "too-old", detail: "ids of its time are no longer kept, it may have been answered before" });
  return reasons;
};

/** Its due is kept in mind when its id is forgotten. A due that nobody believes would shut out all others. */
export const isBelieved = (reasons: readonly Reason[]): boolean =>
  !reasons.some(({ code }) => code === "sender-clock" || code === "too-old");
