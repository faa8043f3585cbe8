import { inspection } from "roundsman";
export default inspection.each({ name: "team/twice", severity: "low", reason: "It is tried.", help: "Mend it.",
  of: { kind: "v1/Namespace" }, check: () => ["one", "two"] });
