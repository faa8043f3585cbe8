import { inspection } from "roundsman";

/** Something that a change of one object turns on and off. */
export default inspection.each({
  name: "bench/bad-config",
  severity: "low",
  reason: "It is what the bench turns on and off.",
  help: "Nothing is to be done.",
  for: "0s",
  of: { kind: "v1/ConfigMap", where: { "data.bad": "true" }, pick: ["data.bad"] },
  check: (config) => ({ message: `${config.metadata.name} is bad` }),
});
