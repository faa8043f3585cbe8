import { inspection } from "roundsman";
export default inspection.each({ name: "team/unknown-option", severity: "low", reason: "It is tried.", help: "Mend it.",
  of: { kind: "v1/Pod", whre: { "status.phase": "Running" } } as any, check: () => "x" });
