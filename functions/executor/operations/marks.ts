/** What the executor writes onto objects, so that its own claims are told from people's. */
import type { KubeObject } from "#broker/kube/index.ts";

export const CORDONED = "roundsman.dev/cordoned";
export const RESTARTED = "roundsman.dev/restarted";
/** A taint's key may hold one slash, as an annotation's may: so its own becomes part of a name. */
export const taintMark = (key: string): string => `taint.roundsman.dev/${key.replace("/", "_")}`;

export const annotationsOf = ({ metadata }: KubeObject): Readonly<Record<string, string>> =>
  (metadata.annotations ?? {}) as Readonly<Record<string, string>>;

export const annotationOf = (object: KubeObject, key: string): string | undefined => {
  const all = annotationsOf(object);
  return Object.hasOwn(all, key) ? all[key] : undefined;
};

interface Spec {
  readonly unschedulable?: boolean;
  readonly taints?: readonly Taint[];
  readonly replicas?: number;
  readonly template?: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export const specOf = (object: KubeObject): Spec => (object.spec ?? {}) as Spec;
export const isCordoned = (node: KubeObject): boolean => specOf(node).unschedulable === true;
