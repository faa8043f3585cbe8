/** What one operation is: a file in operations/, held to `operations/operation.test-kit.ts`. */
import type { Static, TObject } from "typebox";
import type { KubeObject } from "#broker/kube/index.ts";
import type { Target } from "#sdk/operation/request.ts";
import type { Hands } from "./hands.ts";
import type { KindName } from "./kinds.ts";

/** One rule of a role: what the executor may do because of this operation, and no more. */
export interface Right {
  readonly group: string;
  /** With its subresource, such as `pods/eviction`. */
  readonly resource: string;
  readonly verbs: readonly string[];
}

/** What an operation works with. All it does goes through `hands`, and carries the state that it means. */
export interface Doing<P = Readonly<Record<string, unknown>>> {
  readonly hands: Hands;
  /** As it was just read; its uid is the granted one. */
  readonly target: KubeObject;
  readonly params: P;
  readonly granted: { readonly id: string; readonly fence: number; readonly cluster: string; readonly target: Target };
  /** Why nothing more may be done, or undefined. Asked before each step of what takes several. */
  readonly brake: () => Promise<string | undefined>;
  readonly clock: { now(): number };
  readonly sleep: (ms: number) => Promise<void>;
  /** Unix ms: what it does must show by then. */
  readonly deadline: number;
  /** Aborted when the executor stops. */
  readonly signal: AbortSignal;
}

/** What is to be seen of it. `done` = it stands; `pending` = not yet; `lost` = it does not, and will not by itself. */
export type Sight = "done" | "pending" | "lost";

export interface Acted {
  /** What it did, for people. */
  readonly message: string;
  /** Whether it left a claim on the target that `undo` takes back. Default: where there is an `undo`. */
  readonly holds?: boolean;
  /** It has seen itself that it is done: nothing is left to verify. */
  readonly seen?: boolean;
}

export interface Operation<S extends TObject = TObject> {
  /** As in grants, such as `drain`. */
  readonly name: string;
  /** One line for people. */
  readonly does: string;
  readonly params: S;
  readonly targets: readonly KindName[];
  /** It ends something that does not come back as it was: evidence is kept first. */
  readonly destructive: boolean;
  /** A person must say yes, unless the settings say otherwise. */
  readonly dangerous: boolean;
  readonly rights: readonly Right[];
  /** ms in which it must show, counted from its beginning. */
  within(params: Static<S>): number;
  /**
   * Does it, once. A `kube-conflict`, a refusal or an `operation-refused` says that nothing was done; anything else that
   * is thrown leaves that open.
   */
  act(doing: Doing<Static<S>>): Promise<Acted>;
  /** Looks whether it is done, and changes nothing. `target` is undefined where it is gone or another has its name. */
  verify(doing: Omit<Doing<Static<S>>, "target"> & { readonly target: KubeObject | undefined }): Promise<Sight>;
  /** Takes back its own claim, and nobody else's. Answers what it did, or undefined where nothing of its own was there. */
  undo?(doing: Doing<Static<S>>): Promise<string | undefined>;
  /** Operations whose claims on the target end with this one. */
  readonly releases?: readonly string[];
  /** Besides the target itself, what shall be kept before it acts. */
  evidence?(doing: Doing<Static<S>>): Promise<unknown>;
}

/** Its types are checked against its own schema; kept with those of others it is one of many. */
export const operation = <S extends TObject>(one: Operation<S>): Operation => one as unknown as Operation;
