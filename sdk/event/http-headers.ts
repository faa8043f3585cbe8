import { isAttributeName, nameFlaw } from "./attributes.ts";
import { refusal } from "./envelope.ts";
import { decodeHeader } from "./header.ts";
import { kindOf, quote } from "./text.ts";

/** A request or a response, as Node gives it. */
export interface HttpInput {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names and values in turn (`IncomingMessage.rawHeaders`): shows duplicates, which Node joins or drops elsewhere. */
  readonly rawHeaders?: readonly string[];
  readonly body?: string | Uint8Array | undefined;
}

export interface EventHeaders {
  /** Those that begin with `ce-`: names in lower case and values, in turn. */
  readonly ce: readonly string[];
  readonly contentType?: string;
  readonly contentEncoding?: string;
}

/** The headers that an event can be in, whatever their case. */
export const readHeaders = ({ headers, rawHeaders }: HttpInput): EventHeaders => {
  const ce: string[] = [];
  const found: { contentType?: string; contentEncoding?: string } = {};
  const take = (header: string, value: string): void => {
    const name = header.toLowerCase();
    if (name.startsWith("ce-")) {
      ce.push(name, value);
    } else if (name === "content-type") {
      if (found.contentType !== undefined) throw twice(name);
      found.contentType = value;
    } else if (name === "content-encoding") {
      if (found.contentEncoding !== undefined) throw twice(name);
      found.contentEncoding = value;
    }
  };
  if (rawHeaders !== undefined) {
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) take(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  } else {
    for (const name of Object.keys(headers)) {
      const value = headers[name];
      if (typeof value === "string") take(name, value);
      else if (Array.isArray(value)) for (const each of value) take(name, each);
      else if (value !== undefined)
        throw refusal("The message", `the header ${quote(name)}`, [`is ${kindOf(value)}`, "a string"]);
    }
  }
  return { ce, ...found };
};

/** The attributes in `ce-` headers, each once. Names are checked before they are assigned: one could be `__proto__`. */
export const readAttributes = (ce: readonly string[]): Record<string, unknown> => {
  const attributes: Record<string, unknown> = {};
  for (let i = 0; i + 1 < ce.length; i += 2) {
    const [header, value] = [ce[i] as string, ce[i + 1] as string];
    const name = header.slice(3);
    if (!isAttributeName(name)) throw refusal("The event", `the header ${quote(header)}`, nameFlaw(name));
    if (name === "datacontenttype") {
      throw refusal("The event", `the header ${header}`, ["is not allowed", "Content-Type alone"]);
    }
    if (Object.hasOwn(attributes, name)) throw twice(header);
    const decoded = decodeHeader(value);
    if ("what" in decoded) throw refusal("The event", name, [decoded.what, "a header as the HTTP binding has it"]);
    attributes[name] = decoded.value;
  }
  return attributes;
};

const twice = (header: string) =>
  refusal("The message", `the header ${header}`, ["comes twice", "one value for each attribute"]);
