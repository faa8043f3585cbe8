import type { New } from "../client.ts";
import { type Wanted, wanted } from "../controllers/steward.ts";

const definition = (group: string, plural: string, kind: string): Wanted =>
  wanted("apiextensions.k8s.io/v1/CustomResourceDefinition", {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind, singular: kind.toLowerCase() },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } as never },
        },
      ],
    },
  });

const custom = (kind: string, name: string, finalizers: string[], spec: object): Wanted =>
  wanted(kind, {
    metadata: { name, namespace: "data", ...(finalizers.length > 0 && { finalizers }) },
    spec,
  } as New<string>);

const webhook = (name: string, clientConfig: Record<string, unknown>) => ({
  webhooks: [
    {
      name: `${name}.practice.example`,
      clientConfig: clientConfig as never,
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    },
  ],
});

export const BACKUP = "data.practice.example/v1/Backup";
export const EXPORT = "legacy.practice.example/v1/Export";

/** What the platform team added to the API. */
export const EXTENSIONS: readonly Wanted[] = [
  definition("data.practice.example", "backups", "Backup"),
  definition("legacy.practice.example", "exports", "Export"),
  custom(BACKUP, "nightly", [], { schedule: "0 2 * * *" }),
  custom(BACKUP, "weekly", ["data.practice.example/release"], { schedule: "0 4 * * 0" }),
  custom(EXPORT, "last-year", ["legacy.practice.example/archive"], { format: "csv" }),
  wanted("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration", {
    metadata: { name: "image-policy" },
    ...webhook("image-policy", { service: { namespace: "platform", name: "admission-webhook", path: "/validate" } }),
  }),
  wanted("admissionregistration.k8s.io/v1/MutatingWebhookConfiguration", {
    metadata: { name: "defaults" },
    ...webhook("defaults", { url: "https://defaults.practice.example/mutate" }),
  }),
  wanted("apiregistration.k8s.io/v1/APIService", {
    metadata: { name: "v1beta1.metrics.k8s.io" },
    spec: {
      group: "metrics.k8s.io",
      version: "v1beta1",
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { namespace: "kube-system", name: "metrics-server", port: 443 },
    },
    status: { conditions: [{ type: "Available", status: "True", reason: "Passed", message: "all checks passed" }] },
  }),
];
