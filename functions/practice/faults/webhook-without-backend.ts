import type { Fault } from "./fault.ts";

const HOOK = { name: "quota-guard" };

/** A webhook is left behind by a service that was taken away. */
export const webhookWithoutBackend: Fault = {
  name: "webhook-without-backend",
  expects: "control-plane/webhook-without-backend",
  findings: [{ kind: "ValidatingWebhookConfiguration", ...HOOK }],
  make({ client }) {
    if (client.get("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration", HOOK)) return;
    client.create("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration", {
      metadata: HOOK,
      webhooks: [
        {
          name: "quota-guard.practice.example",
          clientConfig: { service: { namespace: "platform", name: "quota-guard", path: "/validate" } },
          failurePolicy: "Fail",
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
          rules: [{ apiGroups: ["batch"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["jobs"] }],
        },
      ],
    });
  },
  mend: ({ client }) => client.remove("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration", HOOK),
};
