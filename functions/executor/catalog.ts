/** The operations that this executor knows, and whether a grant's words are theirs. */
import { createAjv, resolveParams, sayInvalid } from "#sdk/case/params.ts";
import { isFault, sayError } from "#sdk/errors.ts";
import { type Granted, GrantedSchema } from "#sdk/operation/granted.ts";
import { kindOf } from "./kinds.ts";
import type { Operation } from "./operation.ts";

export interface Known {
  readonly operation: Operation;
  /** With defaults. */
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Catalog {
  readonly operations: readonly Operation[];
  /** The operation and its params, or why nobody could do it. */
  resolve(wish: Pick<Granted, "operation" | "params" | "target">): Known | { readonly flaw: string };
}

export function createCatalog(operations: readonly Operation[]): Catalog {
  const byName = new Map(operations.map((one) => [one.name, one]));
  return {
    operations,
    resolve({ operation: name, params = {}, target }) {
      const operation = byName.get(name);
      if (!operation) return { flaw: `no operation is called ${name}: there are ${[...byName.keys()].join(", ")}` };
      const kind = kindOf(target);
      if (kind === undefined || !operation.targets.includes(kind))
        return { flaw: `${name} is not for a ${target.kind}: it is for ${operation.targets.join(", ")}` };
      try {
        return { operation, params: resolveParams({ params: operation.params } as never, params, name) };
      } catch (e) {
        if (isFault(e, "params-invalid")) return { flaw: sayError(e) };
        throw e;
      }
    },
  };
}

/** The data of a granted record, or why it is none. */
export function readGranted(): (data: unknown) => Granted | { readonly flaw: string } {
  const validate = createAjv().compile(GrantedSchema);
  return (data) => {
    if (validate(data)) return data as Granted;
    const { field, what } = sayInvalid(validate.errors![0]!);
    return { flaw: `${field} ${what}` };
  };
}
