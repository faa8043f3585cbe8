import { describe, expect, it } from "vitest";
import { absoluteUriFlaw, uriReferenceFlaw } from "./uri.ts";

describe("uriReferenceFlaw", () => {
  it.each([
    "https://github.com/cloudevents",
    "mailto:cncf-wg-serverless@lists.cncf.io",
    "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
    "/cloudevents/spec/pull/123",
    "/clusters/prod/watcher",
    "//authority/path",
    "cloudevents/spec/pull/123",
    "1-555-123-4567",
    "#fragment",
    "?query",
    "/",
    ".",
    "a/b:c",
    "./a:b",
    "http:",
    "http://",
    "file:///etc/hosts",
    "http://user:pw@host:8080/p?q=a/b?c#f?/",
    "http://[::1]:80/",
    "http://[2001:db8::7]",
    "http://[v1.fe80::a+en1]/",
    "http://a.b/%C3%BC%20",
    "http://h:/p",
    "tel:+1-816-555-1212",
    "k8s:///a;b,c=d'(e)*!$&~_",
  ])("takes %s", (text) => expect(uriReferenceFlaw(text)).toBeUndefined());

  it.each([
    "a b",
    "/clusters/a b",
    "/ü",
    "http://exa mple.com",
    'http://a/"b"',
    "<http://a>",
    "a\\b",
    "a|b",
    "^",
    "`",
    "{x}",
    "%",
    "/a%2",
    "/a%zz",
    ":a",
    ":",
    "1a:b",
    "a_b:c",
    "http://a@b@c/",
    "http://a:b:c/",
    "http://a:8x/",
    "http://[::1/",
    "http://::1]/",
    "http://[::g]/",
    "http://[fe80::1%25eth0]/",
    "http://[]/",
    "http://[v1]/",
    "http://[::1]x/",
    "http://a[b]@c/",
    "http://a/[b]",
    "/a?b[]=1",
    "a#b#c",
    "\u{1f600}",
    "a\n",
  ])("refuses %j", (text) => expect(uriReferenceFlaw(text)).toBeTypeOf("string"));
});

describe("absoluteUriFlaw", () => {
  it.each(["https://example.com/schema/v1?x=y", "urn:a:b", "http:"])("takes %s", (text) =>
    expect(absoluteUriFlaw(text)).toBeUndefined(),
  );

  it.each([
    ["/schema", "has no scheme"],
    ["//host/schema", "has no scheme"],
    ["schema.json", "has no scheme"],
    ["#", "has a fragment"],
    ["https://example.com/schema#part", "has a fragment"],
    ["https://exa mple.com", "percent-encoded at position 11"],
  ])("refuses %s", (text, what) => expect(absoluteUriFlaw(text)).toContain(what));
});
