/**
 * The one catalogue of errors: a code, a sentence that names the fix, whether a retry can help, and the HTTP status
 * where a server answers with it. Holes `{like this}` are filled by the thrower.
 */
const entry = <const S extends string>(sentence: S, retry: boolean, status = 500) =>
  ({ sentence, retry, status }) as const;

export const CATALOGUE = {
  // config
  "config-invalid": entry("{where}: {key} {what}.", false),
  "config-unreadable": entry("{where} cannot be read: {what}.", false),
  // log
  "log-closed": entry("The log is closed: nothing more is accepted.", false),
  // cases
  "case-invalid": entry("{where}: {field} {what}.", false),
} as const;

export type Code = keyof typeof CATALOGUE;
type Holes<S extends string> = S extends `${string}{${infer H}}${infer Rest}` ? H | Holes<Rest> : never;
export type Details<C extends Code> = { readonly [H in Holes<(typeof CATALOGUE)[C]["sentence"]>]: string | number };

const BRAND = Symbol.for("roundsman.error");

/** An error of the catalogue. `message` is the sentence, `details` what filled its holes. */
export class RoundsmanError extends Error {
  override readonly name = "RoundsmanError";
  readonly code: Code;
  readonly retry: boolean;
  readonly status: number;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: Code, details: Readonly<Record<string, string | number>>, options?: { cause?: unknown }) {
    const { sentence, retry, status } = CATALOGUE[code];
    super(
      sentence.replace(/\{(\w+)\}/g, (_, hole: string) => String(details[hole] ?? "?")),
      options,
    );
    this.code = code;
    this.retry = retry;
    this.status = status;
    this.details = details;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Makes an error of the catalogue; the holes of its sentence are checked by tsc. */
export const fault = <C extends Code>(code: C, details: Details<C>, cause?: unknown): RoundsmanError =>
  new RoundsmanError(code, details, cause === undefined ? undefined : { cause });

/** Also true for an error that came from another copy of this module. */
export const isFault = (e: unknown, code?: Code): e is RoundsmanError =>
  typeof e === "object" &&
  e !== null &&
  BRAND in e &&
  (code === undefined || (e as unknown as RoundsmanError).code === code);

/** What any thrown value says, in one line. */
export const sayError = (e: unknown): string => (e instanceof Error ? e.message : String(e));
