import type { Review } from "#sdk/serve/reviewed-callers.ts";
import type { KubeClient } from "./client.ts";
import { isRecord } from "./fields.ts";
import { orMalformed, readObject } from "./objects.ts";

const PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
/** ms: who asks waits for it. */
const WITHIN = 1_500;

/**
 * Asks the API server whose token it is, for `reviewedCallers`. The right that it needs: create tokenreviews
 * (ClusterRole system:auth-delegator). Rejects as the client does.
 */
export const tokenReviewer =
  (client: Pick<KubeClient, "request" | "access">) =>
  async (token: string, audiences: readonly string[]): Promise<Review> => {
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token, audiences } };
    const { text } = await client.request({
      method: "POST",
      path: PATH,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(review),
      signal: AbortSignal.timeout(WITHIN),
    });
    return orMalformed(client.access.server, `POST ${PATH}`, () => {
      const { status } = readObject(Buffer.from(text)) as { status?: unknown };
      return isRecord(status) ? (status as Review) : undefined;
    });
  };
