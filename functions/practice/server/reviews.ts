import type { IncomingMessage } from "node:http";
import { isRecord } from "../store/object.ts";
import { badRequest } from "../store/status.ts";
import { objectBody } from "./body.ts";
import { type Behaviour, isForbidden } from "./knobs.ts";
import type { Answer } from "./operations.ts";

/** The resource that a review is, in the request log. */
export const REVIEWS = "selfsubjectaccessreviews.authorization.k8s.io";
export const REVIEW_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** "May I?": everything, but for what a test forbade. */
export async function selfSubjectAccessReview(behaviour: Behaviour, http: IncomingMessage): Promise<Answer> {
  const body = await objectBody(http, "SelfSubjectAccessReview");
  const spec = isRecord(body) ? body.spec : undefined;
  if (!isRecord(spec)) throw badRequest("SelfSubjectAccessReview: spec is required");
  const { group = "", resource = "", verb = "" } = isRecord(spec.resourceAttributes) ? spec.resourceAttributes : {};
  const allowed = !isForbidden(behaviour, group === "" ? resource : `${resource}.${group}`, verb);
  return {
    code: 201,
    body: {
      kind: "SelfSubjectAccessReview",
      apiVersion: "authorization.k8s.io/v1",
      metadata: {},
      spec,
      status: { allowed },
    },
  };
}
