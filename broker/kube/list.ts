/** Lists a resource page by page. */
import { fault } from "#sdk/errors.ts";
import { type KubeList, type KubeObject, orMalformed, readList } from "./objects.ts";
import { withQuery } from "./query.ts";
import type { Requester } from "./requester.ts";

export interface ListOptions {
  /** Objects per page; default 250: larger ones cost memory and save nothing. */
  readonly limit?: number;
  /** `metadata` alone, where the server can; else the whole objects come. */
  readonly metadataOnly?: boolean;
  /** What the items are; needed with `metadataOnly`, where the list does not say it. */
  readonly of?: Named;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
}

export interface Named {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface Page {
  readonly items: readonly KubeObject[];
  /** The same on all pages of a list: where a watch begins. */
  readonly resourceVersion: string;
  /** How many more there are, where the server says it. */
  readonly remaining?: number;
}

/** What the server cannot serve it skips: so whole objects are asked for in second place. */
export const accept = (metadataOnly: boolean, as: "PartialObjectMetadata" | "PartialObjectMetadataList"): string =>
  metadataOnly ? `application/json;as=${as};g=meta.k8s.io;v=v1,application/json` : "application/json";

/**
 * While the caller works on one page the next one is under way. Rejects with `kube-gone` where the list took so long that
 * the server forgot its state: begin again. Leaving the loop early breaks it off.
 */
export async function* listPages(requester: Requester, path: string, options: ListOptions = {}): AsyncGenerator<Page> {
  const { server } = requester.access;
  const left = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
  const fetch = async (token?: string): Promise<KubeList> => {
    const { body } = await requester.fetch({
      path: withQuery(path, {
        limit: options.limit ?? 250,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        continue: token,
      }),
      // Packed, a list is a tenth in size, and unpacking costs half of what receiving the rest would.
      headers: {
        accept: accept(options.metadataOnly === true, "PartialObjectMetadataList"),
        "accept-encoding": "gzip",
      },
      signal,
    });
    return orMalformed(server, `list ${path}`, () => readList(body));
  };
  let next: Promise<KubeList> | undefined = fetch();
  try {
    while (next) {
      const list: KubeList = await next;
      const { resourceVersion, continue: token, remainingItemCount } = list.metadata;
      if (resourceVersion === undefined) throw fault("kube-malformed", { server, what: `list ${path}` });
      next = token ? fetch(token) : undefined;
      next?.catch(() => undefined); // it is awaited in the next round; until then its failure is nobody's surprise
      yield {
        items: named(list, options.of),
        resourceVersion,
        ...(remainingItemCount !== undefined && { remaining: remainingItemCount }),
      };
    }
  } finally {
    left.abort();
  }
}

/** Items of a typed list do not say what they are: PodList holds Pods. */
function named(list: KubeList, of: Named | undefined): readonly KubeObject[] {
  const apiVersion = of?.apiVersion ?? list.apiVersion;
  const kind = of?.kind ?? list.kind.replace(/List$/, "");
  for (const item of list.items) {
    if (of === undefined && item.kind !== undefined) continue;
    item.apiVersion = apiVersion;
    item.kind = kind;
  }
  return list.items;
}
