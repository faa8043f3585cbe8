import { type Wanted, wanted } from "../controllers/steward.ts";

/** Label or annotation: the team that answers. */
export const OWNER = "roundsman.dev/owner";

const labelled = (name: string, owner: string): Wanted =>
  wanted("v1/Namespace", { metadata: { name, labels: { [OWNER]: owner } } });

export const NAMESPACES: readonly Wanted[] = [
  labelled("shop", "team-shop"),
  labelled("data", "team-data"),
  labelled("platform", "team-platform"),
  wanted("v1/Namespace", { metadata: { name: "payments", annotations: { [OWNER]: "team-payments" } } }),
];
