const FOREIGN = /[^A-Za-z0-9+/]/;

/** What keeps a text from being base64 (RFC 4648, 4) in its one canonical form. */
export const base64Flaw = (text: string): string | undefined => {
  if (text.length % 4 !== 0) return `has ${text.length} characters, no multiple of 4`;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const foreign = FOREIGN.exec(padding === 0 ? text : text.slice(0, -padding));
  if (foreign !== null) return `holds a character outside of the alphabet at position ${foreign.index}`;
  const last = text.slice(-4);
  // Bits beyond the last byte must be zero: else two texts would stand for the same bytes.
  return Buffer.from(last, "base64").toString("base64") === last ? undefined : "ends with bits that belong to no byte";
};
