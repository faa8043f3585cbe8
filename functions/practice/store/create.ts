import { timestamp } from "../clock.ts";
import { nameSuffix, uuid } from "../random.ts";
import { DEFAULTS, serviceAddress } from "./defaults.ts";
import { isRecord, type KubeObject, type Metadata, thaw } from "./object.ts";
import { apiVersionOf, type Resource } from "./resources.ts";
import { alreadyExists, badRequest, forbidden, notFound } from "./status.ts";
import type { Store, WriteOptions } from "./store.ts";
import { decode, validate } from "./validate.ts";

/** Refuses an object of another kind; fills in what a built-in kind may leave out. */
export function typed(resource: Resource, body: unknown): KubeObject {
  if (!isRecord(body))
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): it is no object`);
  const kind = body.kind ?? (resource.custom ? undefined : resource.kind);
  const apiVersion = body.apiVersion ?? (resource.custom ? undefined : apiVersionOf(resource));
  if (kind === undefined || apiVersion === undefined) {
    const missing = kind === undefined ? "Kind" : "apiVersion";
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): Object '${missing}' is missing`,
    );
  }
  if (kind !== resource.kind) {
    throw badRequest(
      `${kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: no kind "${kind}" is handled here`,
    );
  }
  if (apiVersion !== apiVersionOf(resource)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(resource)})`,
    );
  }
  if (body.metadata !== undefined && !isRecord(body.metadata)) {
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: json: cannot unmarshal into Go struct field ${resource.kind}.metadata of type v1.ObjectMeta`,
    );
  }
  const { managedFields: _, ...metadata } = (body.metadata ?? {}) as Metadata & { managedFields?: unknown };
  const object: KubeObject = { kind, apiVersion, ...body, metadata };
  decode(resource, object);
  return object;
}

/** Nothing is made in a namespace that is absent or going. */
function admit({ objects }: Store, resource: Resource, namespace: string, name: string, namespaces: Resource): void {
  const home = objects.get("namespaces", undefined, namespace);
  if (!home) throw notFound(namespaces, namespace);
  if (home.metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    resource,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  );
}

/** Makes an object of what was sent, or says why not. */
export function create(
  context: Store,
  resource: Resource,
  namespace: string | undefined,
  body: unknown,
  options: WriteOptions = {},
): KubeObject {
  const { objects, clock, random, catalog } = context;
  const object = thaw(typed(resource, body));
  const sent = object.metadata;
  if (namespace !== undefined && sent.namespace !== undefined && sent.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (sent.resourceVersion !== undefined && sent.resourceVersion !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const name = sent.name || (sent.generateName ? `${sent.generateName}${nameSuffix(random)}` : "");
  if (resource.terminating)
    throw forbidden(resource, name, "create not allowed while custom resource definition is terminating");
  if (namespace !== undefined) admit(context, resource, namespace, name, catalog.ofKind("v1", "Namespace") as Resource);

  const { deletionTimestamp: _, deletionGracePeriodSeconds: __, generation: ___, namespace: ____, ...kept } = sent;
  object.metadata = {
    ...kept,
    name,
    ...(namespace !== undefined && { namespace }),
    uid: uuid(random),
    resourceVersion: "",
    creationTimestamp: timestamp(clock.now()),
    ...(resource.generation !== undefined && { generation: 1 }),
  };
  if (resource.custom && resource.subresources.includes("status")) delete object.status;
  validate(resource, object);
  if (objects.get(resource.id, namespace, name)) throw alreadyExists(resource, name);
  DEFAULTS[resource.id]?.(object, {
    now: clock.now(),
    clusterIP: () => {
      const used = new Set(objects.list("services").map((service) => service.spec?.clusterIP));
      return serviceAddress(`${namespace}/${name}`, (ip) => used.has(ip));
    },
  });
  return options.dry ? object : objects.put(resource.id, object);
}
