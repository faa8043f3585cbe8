import { inspection } from "roundsman";
export default inspection.each({ name: "team/unknown-field", severity: "low", reason: "It is tried.", help: "Mend it.",
  of: { kind: "v1/Pod", where: { "status.fase": "Running" } } as any, check: () => "x" });
