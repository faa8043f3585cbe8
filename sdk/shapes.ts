/** What records must hold before they are gone by: only what would break their reader, each in a typeof or two. */
type Is = (value: unknown) => boolean;
type Fields = Readonly<Record<string, readonly [is: Is, expected: string]>>;

const isObject: Is = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText: Is = (value) => typeof value === "string";
const isNumber: Is = (value) => typeof value === "number" && Number.isFinite(value);
const isKey: Is = (value) => isText(value) || (Array.isArray(value) && value.every(isText));
const isStamp: Is = (value) => isObject(value) && isNumber((value as any).epoch) && isNumber((value as any).seq);
const isSubject: Is = (value) => isObject(value) && isText((value as any).kind) && isText((value as any).name);
const isProblem: Is = (value) =>
  isObject(value) &&
  isText((value as any).fingerprint) &&
  isText((value as any).message) &&
  isSubject((value as any).subject);

const text = [isText, "a text"] as const;
const object = [isObject, "an object"] as const;
const number = [isNumber, "a number"] as const;
const stamp = [isStamp, "an object with epoch and seq"] as const;

/** Which field is not as it must be, and what was expected; undefined: none. */
const flawBy =
  (fields: Fields) =>
  (value: unknown): string | undefined => {
    if (!isObject(value)) return "it is no object";
    for (const name in fields) {
      const [is, expected] = fields[name]!;
      if (!is((value as Record<string, unknown>)[name])) return `${name} must be ${expected}`;
    }
    return undefined;
  };

export const verdictFlaw = flawBy({
  cluster: text,
  instance: text,
  key: [isKey, "a text, or a list of texts"],
  stamp,
  outcome: text,
  problems: [(value) => Array.isArray(value) && value.every(isProblem), "a list of problems"],
});

export const markFlaw = flawBy({
  cluster: text,
  stamp,
  floor: number,
  ages: object,
  unanswered: object,
  refused: object,
  leftOut: [Array.isArray, "a list"],
});

export const findingFlaw = flawBy({
  fingerprint: text,
  case: text,
  severity: text,
  state: text,
  episode: number,
  cluster: text,
  subject: [isSubject, "an object with kind and name"],
});

/** As far as somebody goes who only asks whether it is over. */
export const endedFlaw = flawBy({ fingerprint: text, episode: number, cluster: text });

export const ledgerEntryFlaw = flawBy({
  cluster: text,
  instance: text,
  key: [isKey, "a text, or a list of texts"],
  stamp,
  statements: [Array.isArray, "a list"],
});

export const conditionFlaw = flawBy({ cluster: text, node: text, uid: text, type: text, status: text });

export const dueFlaw = flawBy({ id: text, matter: text, operation: text, target: object, ailment: object });

export const wordFlaw = flawBy({ id: text, cluster: text, operation: text, target: object });

export const checkAskedFlaw = flawBy({ cluster: text, instance: text, key: [isKey, "a text, or a list of texts"] });

const isRange: Is = (value) => Array.isArray(value) && value.length === 2 && value.every(isNumber);

export const pendingFlaw = flawBy({
  cluster: text,
  epoch: number,
  by: text,
  ranges: [(value) => Array.isArray(value) && value.every(isRange), "a list of pairs of numbers"],
});

export const redeliverFlaw = flawBy({ subscription: text });
