import { isIPv6 } from "node:net";

/** RFC 3986, appendix B: takes any text apart in one pass. */
const PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const FOREIGN = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/u;
const BAD_PERCENT = /%(?![0-9A-Fa-f]{2})/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const NAMED_HOST = /^[^:[\]]*(?::[0-9]*)?$/;
const BRACKETED_HOST = /^\[([^[\]]*)\](?::[0-9]*)?$/;
const FUTURE_ADDRESS = /^[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+$/;
/** The usual case, `/clusters/a/watcher`: needs no taking apart. */
const PLAIN_PATH = /^\/[A-Za-z0-9\-._~][A-Za-z0-9\-._~/]*$/;

/** What keeps a text from being a URI-reference (RFC 3986, 4.1). Non-ASCII characters must be percent-encoded. */
export const uriReferenceFlaw = (text: string): string | undefined => {
  if (PLAIN_PATH.test(text)) return undefined;
  const foreign = FOREIGN.exec(text);
  if (foreign !== null) return `holds a character that must be percent-encoded at position ${foreign.index}`;
  const percent = BAD_PERCENT.exec(text);
  if (percent !== null) return `has a "%" without two hexadecimal digits at position ${percent.index}`;
  const [, scheme, authority, path = "", query = "", fragment = ""] = PARTS.exec(text) ?? [];
  if (scheme !== undefined && !SCHEME.test(scheme)) return "has a scheme that does not begin with a letter";
  if (scheme === undefined && authority === undefined && path.startsWith(":")) return "begins with a colon";
  if (authority !== undefined && !isAuthority(authority)) return "has an authority that is no host and port";
  if (/[[\]]/.test(path + query + fragment)) return "has brackets outside of its host";
  return fragment.includes("#") ? 'has a second "#"' : undefined;
};

/** What keeps a text from being an absolute URI (RFC 3986, 4.3): a scheme, no fragment. */
export const absoluteUriFlaw = (text: string): string | undefined => {
  const flaw = uriReferenceFlaw(text);
  if (flaw !== undefined) return flaw;
  if (text.includes("#")) return "has a fragment";
  return PARTS.exec(text)?.[1] === undefined ? "has no scheme" : undefined;
};

const isAuthority = (authority: string): boolean => {
  const at = authority.indexOf("@");
  const host = authority.slice(at + 1);
  if (host.includes("@") || /[[\]]/.test(authority.slice(0, Math.max(at, 0)))) return false;
  if (!host.startsWith("[")) return NAMED_HOST.test(host);
  const address = BRACKETED_HOST.exec(host)?.[1];
  return address !== undefined && ((isIPv6(address) && !address.includes("%")) || FUTURE_ADDRESS.test(address));
};
