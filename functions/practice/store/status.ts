import { isRecord } from "./object.ts";
import type { Resource } from "./resources.ts";

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** Kubernetes' own answer to a request that failed, or that only deleted. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: { readonly continue?: string; readonly resourceVersion?: string };
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code?: number;
}

/** Thrown by the store, answered by the server as it stands. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: Status;

  constructor(
    code: number,
    reason: string | undefined,
    message: string,
    details?: Readonly<Record<string, unknown>>,
    metadata: Status["metadata"] = {},
  ) {
    super(message);
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata,
      status: "Failure",
      message,
      ...(reason !== undefined && { reason }),
      ...(details && { details }),
      code,
    };
  }

  get code(): number {
    return this.status.code as number;
  }
}

export const isApiError = (error: unknown, code?: number): error is ApiError =>
  error instanceof ApiError && (code === undefined || error.code === code);

/** `deployments.apps`, `pods` */
export const qualified = (resource: Resource, name = resource.plural): string =>
  resource.group === "" ? name : `${name}.${resource.group}`;

const about = (resource: Resource, name: string | undefined, kind = resource.plural) => ({
  ...(name !== undefined && name !== "" && { name }),
  ...(resource.group !== "" && { group: resource.group }),
  kind,
});

export const badRequest = (message: string) => new ApiError(400, "BadRequest", message);

export const notFound = (resource: Resource, name: string) =>
  new ApiError(404, "NotFound", `${qualified(resource)} "${name}" not found`, about(resource, name));

export const noSuchResource = () =>
  new ApiError(404, "NotFound", "the server could not find the requested resource", {});

export const methodNotAllowed = () =>
  new ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});

export const alreadyExists = (resource: Resource, name: string) =>
  new ApiError(409, "AlreadyExists", `${qualified(resource)} "${name}" already exists`, about(resource, name));

export const conflict = (resource: Resource, name: string, why: string, kind = resource.plural) =>
  new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(resource, kind)} "${name}": ${why}`,
    about(resource, name, kind),
  );

export const MODIFIED = "the object has been modified; please apply your changes to the latest version and try again";

export const forbidden = (resource: Resource, name: string | undefined, why: string, causes?: readonly Cause[]) =>
  new ApiError(
    403,
    "Forbidden",
    name === undefined || name === ""
      ? `${qualified(resource)} is forbidden: ${why}`
      : `${qualified(resource)} "${name}" is forbidden: ${why}`,
    { ...about(resource, name), ...(causes && { causes }) },
  );

/** `causes` must not be empty. */
export function invalid(
  subject: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly Cause[],
): ApiError {
  const said = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const kind = subject.group === "" ? subject.kind : `${subject.kind}.${subject.group}`;
  const what = said.length === 1 ? said[0] : `[${said.join(", ")}]`;
  return new ApiError(422, "Invalid", `${kind} "${name}" is invalid: ${what}`, {
    ...(name !== "" && { name }),
    ...(subject.group !== "" && { group: subject.group }),
    kind: subject.kind,
    causes,
  });
}

/** What a request's options (not its object) got wrong. */
export const invalidOptions = (kind: "ListOptions" | "DeleteOptions" | "PatchOptions", causes: readonly Cause[]) =>
  invalid({ group: "meta.k8s.io", kind }, "", causes);

export const required = (field: string, why?: string): Cause => ({
  reason: "FieldValueRequired",
  message: why === undefined ? "Required value" : `Required value: ${why}`,
  field,
});

export const invalidValue = (field: string, value: unknown, why: string): Cause => ({
  reason: "FieldValueInvalid",
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});

export const forbiddenField = (field: string, why: string): Cause => ({
  reason: "FieldValueForbidden",
  message: `Forbidden: ${why}`,
  field,
});

export const expired = (message: string, metadata?: Status["metadata"]) =>
  new ApiError(410, "Expired", message, undefined, metadata);

export const tooOld = (wanted: number, oldest: number) => expired(`too old resource version: ${wanted} (${oldest})`);

export const tooLarge = (wanted: number, current: number) =>
  new ApiError(504, "Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });

/** The answer to a deletion that left nothing behind. */
export const deleted = (resource: Resource, name: string, uid: string): Status => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Success",
  details: { ...about(resource, name), uid },
});

export const isStatus = (value: unknown): value is Status =>
  isRecord(value) && value.kind === "Status" && value.apiVersion === "v1";
