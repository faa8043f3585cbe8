export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  /** The subtype is `json` or ends with `+json`. */
  readonly json: boolean;
  /** In lower case. */
  readonly charset?: string;
}

const ESSENCE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;
const PARAMETER =
  /[ \t]*;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[\x20!\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*)")/y;

const LENGTH_MAX = 1000;

const JSON_TYPE: MediaType = { essence: "application/json", json: true };

/**
 * Reads `type/subtype; name=value` (RFC 2046, RFC 9110 8.3.1); undefined where it is none, names a parameter twice, or is
 * longer than 1,000 characters.
 */
export const parseMediaType = (text: string): MediaType | undefined => {
  if (text === "application/json") return JSON_TYPE;
  const essence = text.length > LENGTH_MAX ? undefined : ESSENCE.exec(text)?.[0].toLowerCase();
  if (essence === undefined) return undefined;
  const parameters = new Map<string, string>();
  for (let at = essence.length; at < text.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    if (match === null) return undefined;
    const name = (match[1] ?? "").toLowerCase();
    if (parameters.has(name)) return undefined;
    parameters.set(name, match[2] ?? (match[3] ?? "").replace(/\\(.)/g, "$1"));
  }
  const json = essence.endsWith("/json") || essence.endsWith("+json");
  const charset = parameters.get("charset")?.toLowerCase();
  return charset === undefined ? { essence, json } : { essence, json, charset };
};

/** Texts and JSON are read as UTF-8 alone. */
export const isUtf8Charset = (type: MediaType | undefined): boolean =>
  type?.charset === undefined || type.charset === "utf-8";

/** Whether data of this content type is a JSON value; where none is given it is. */
export const isJsonType = (contentType: string | undefined): boolean =>
  contentType === undefined || parseMediaType(contentType)?.json === true;
