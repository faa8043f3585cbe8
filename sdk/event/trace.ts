/** W3C Trace Context (version 00), as the CloudEvents extension for distributed tracing carries it: unchanged from where it began. */

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const hex16 = (count: number): string => count.toString(16).padStart(16, "0");

/** The trace of the nth check, n >= 1, of who has this name of 16 hex digits. Sampled: what is rare here is worth keeping. */
export const traceparentOf = (name: string, n: number): string => `00-${name}${hex16(n)}-${hex16(n)}-01`;

/** The id that leads from a finding to its check and to what was done about it; undefined where it is no trace context. */
export const traceIdOf = (traceparent: string | undefined): string | undefined =>
  traceparent === undefined ? undefined : TRACEPARENT.exec(traceparent)?.[1];
