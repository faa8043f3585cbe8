import { inspection } from "roundsman";
export default inspection.each({ name: "team/endless", severity: "low", reason: "It is tried.", help: "Mend it.",
  of: { kind: "v1/Namespace" }, check: () => { for (;;); } });
