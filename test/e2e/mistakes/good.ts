import { inspection } from "roundsman";
export default inspection.each({ name: "team/good", severity: "low", reason: "It is tried.", help: "Mend it.", for: "0s",
  of: { kind: "v1/Namespace", where: { "metadata.name": "kube-system" } }, check: () => "it is there" });
