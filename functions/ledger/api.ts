import type { FastifyInstance } from "fastify";
import { matchesGlob } from "#sdk/resources/glob.ts";
import { CANARY, type Finding, SEVERITIES } from "#sdk/terms.ts";

/** What the API reads. */
export interface FindingsSource {
  findings(): Finding[];
}

interface Query {
  readonly state?: "open" | "resolved";
  readonly severity?: Finding["severity"];
  readonly case?: string;
  readonly owner?: string;
  readonly cluster?: string;
  readonly namespace?: string;
}

const glob = { type: "string", maxLength: 253 };
const querystring = {
  type: "object",
  additionalProperties: false,
  properties: {
    state: { type: "string", enum: ["open", "resolved"] },
    severity: { type: "string", enum: [...SEVERITIES] },
    case: glob,
    owner: glob,
    cluster: glob,
    namespace: glob,
  },
};

/** Worst first, then by case and subject. */
export function compareFindings(a: Finding, b: Finding): number {
  const rank = (f: Finding) => SEVERITIES.indexOf(f.severity);
  const text = (f: Finding) => [f.case, f.subject.namespace ?? "", f.subject.name, f.fingerprint].join("\u0000");
  return rank(a) - rank(b) || (text(a) < text(b) ? -1 : 1);
}

/** `severity` = that or worse; the others are exact or glob. */
export function filterFindings(findings: readonly Finding[], query: Query): Finding[] {
  const fits = (pattern: string | undefined, value: string | undefined) =>
    pattern === undefined || matchesGlob(pattern, value ?? "");
  return findings
    .filter(
      (f) =>
        // It stands and goes by itself all the time: only who names it is shown it.
        (f.case !== CANARY || query.case === CANARY) &&
        (query.state === undefined || f.state === query.state) &&
        (query.severity === undefined || SEVERITIES.indexOf(f.severity) <= SEVERITIES.indexOf(query.severity)) &&
        fits(query.case, f.case) &&
        fits(query.owner, f.owner) &&
        fits(query.cluster, f.cluster) &&
        fits(query.namespace, f.subject.namespace),
    )
    .sort(compareFindings);
}

/** `GET /v1/findings` → `{findings: […]}`, `GET /v1/findings/:fingerprint` (a unique beginning is enough). */
export function findingsRoutes(app: FastifyInstance, source: FindingsSource): void {
  app.get("/v1/findings", { schema: { summary: "Findings, the worst first.", querystring } }, (request) => ({
    findings: filterFindings(source.findings(), request.query as Query),
  }));
  app.get(
    "/v1/findings/:fingerprint",
    { schema: { summary: "One, by a unique beginning of its fingerprint." } },
    (request, reply) => {
      const { fingerprint } = request.params as { fingerprint: string };
      const found = source.findings().filter((f) => f.fingerprint.startsWith(fingerprint));
      if (found.length === 1) return found[0];
      const message =
        found.length === 0
          ? `No finding begins with ${fingerprint}.`
          : `${found.length} findings begin with ${fingerprint}: give more of it.`;
      return reply
        .code(found.length === 0 ? 404 : 409)
        .send({ error: { code: found.length === 0 ? "not-found" : "ambiguous", message } });
    },
  );
}
