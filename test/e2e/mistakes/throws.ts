import { inspection } from "roundsman";
export default inspection.each({ name: "team/throws", severity: "low", reason: "It is tried.", help: "Mend it.",
  of: { kind: "v1/Namespace" }, check: (ns) => (ns as any).spec.nothing.there });
