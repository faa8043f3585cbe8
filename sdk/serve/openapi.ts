import type { FastifyInstance, RouteOptions } from "fastify";
import type { Permission } from "./callers.ts";

declare module "fastify" {
  interface FastifySchema {
    /** One sentence. */
    readonly summary?: string;
  }
  interface FastifyContextConfig {
    /** JSON Schema of what is answered, for the description alone. */
    readonly answers?: object;
  }
}

interface Described {
  readonly method: string;
  readonly url: string;
  readonly schema: RouteOptions["schema"];
  readonly permission: Permission;
  readonly answers: object | undefined;
}

type Properties = Readonly<Record<string, object>>;
interface ObjectSchema {
  readonly properties?: Properties;
  readonly required?: readonly string[];
}

const ERROR = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string" },
        message: { type: "string", description: "A sentence that names the fix." },
      },
    },
  },
};

/**
 * `GET /openapi.json`: every route that is added after this one, made from the very schemas that judge it (OpenAPI 3.1
 * takes JSON Schema as it is).
 */
export function describeRoutes(app: FastifyInstance, info: { title: string; version: string }): void {
  const routes: Described[] = [];
  app.addHook("onRoute", ({ method, url, schema, config }) => {
    for (const one of [method].flat())
      if (one !== "HEAD")
        routes.push({ method: one, url, schema, permission: config?.permission ?? "read", answers: config?.answers });
  });
  app.get("/openapi.json", { schema: { summary: "This description." } }, () => ({
    openapi: "3.1.0",
    info,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { Error: ERROR },
    },
    security: [{}, { token: [] }],
    paths: pathsOf(routes),
  }));
}

function pathsOf(routes: readonly Described[]): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return paths;
}

function operationOf({ method, url, schema, permission, answers }: Described): object {
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const { properties = {}, required = [] } = (schema?.querystring ?? {}) as ObjectSchema;
  const inQuery = Object.entries(properties).map(([name, one]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema: one,
  }));
  const parameters = [...inPath, ...inQuery];
  return {
    operationId: `${method.toLowerCase()}${url.replace(/[^a-z0-9]+(\w?)/gi, (_, first: string) => first.toUpperCase())}`,
    ...(schema?.summary && { summary: schema.summary }),
    description: `Needs the permission \`${permission}\` where callers are asked for.`,
    ...(parameters.length > 0 && { parameters }),
    ...(schema?.body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: schema.body } } },
    }),
    responses: {
      200: { description: "Done.", ...(answers && { content: { "application/json": { schema: answers } } }) },
      default: {
        description: "Refused, or failed: the sentence says what to do.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}
