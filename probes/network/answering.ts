/**
 * EndpointSlices with an endpoint that takes calls: one that is ready, one that ends but still serves (proxies send it
 * calls while nothing better is there), or one of which nothing is said (`ready` absent means ready).
 */
export const ANSWERING = [
  { "endpoints[].conditions.ready": true },
  { "endpoints[].conditions.serving": true },
  { "endpoints[].addresses[]": { exists: true }, "endpoints[].conditions.ready": { exists: false } },
] as const;
