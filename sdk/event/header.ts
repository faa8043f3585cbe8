/** Everything but printable ASCII without space, double quote and percent (HTTP binding 1.0.2, 3.1.3.2). */
const TO_ENCODE = /[^\x21\x23\x24\x26-\x7e]/;
const TO_ENCODE_RUNS = /[^\x21\x23\x24\x26-\x7e]+/gu;
/** What keeps a header from being its value as it stands. */
const TO_DECODE = /[^\x20\x21\x23\x24\x26-\x7e]/;
const FOREIGN = /[^\x20-\x7e]/;
const QUOTED = /^"(?:[^"\\]|\\.)*"$/;
const LENGTH_MAX = 64 * 1024;

/** An attribute's value as the value of an HTTP header. */
export const encodeHeader = (value: string | number | boolean): string => {
  if (typeof value !== "string") return String(value);
  return TO_ENCODE.test(value) ? value.replace(TO_ENCODE_RUNS, encodeURIComponent) : value;
};

export type DecodedHeader = { readonly value: string } | { readonly what: string };

/** Takes quotes off, then percent-decodes once. Bytes that are no UTF-8, overlong ones too, are refused. */
export const decodeHeader = (header: string): DecodedHeader => {
  if (header.length > LENGTH_MAX) return { what: `has ${header.length} characters` };
  if (!TO_DECODE.test(header)) return { value: header };
  const foreign = FOREIGN.exec(header);
  if (foreign !== null) return { what: `holds a character that must be percent-encoded at position ${foreign.index}` };
  let value = header;
  if (value.includes('"')) {
    if (!QUOTED.test(value)) return { what: 'has a double quote that is not encoded as "%22"' };
    value = value.slice(1, -1).replace(/\\(.)/g, "$1");
  }
  if (!value.includes("%")) return { value };
  try {
    return { value: decodeURIComponent(value) };
  } catch (e) {
    if (e instanceof URIError) return { what: "has a percent-encoding that is no UTF-8" };
    throw e;
  }
};
