import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutManagedFields } from "./managed-fields.ts";
import { readList, readWatchEvent } from "./objects.ts";

const entry = (manager: string, keys: readonly string[]) => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  time: "2026-11-21T10:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1: Object.fromEntries(keys.map((key) => [key, { ".": {}, [`k:{"type":"${key}"}`]: {} }])),
});

const list = (items: readonly unknown[]) => ({
  kind: "PodList",
  apiVersion: "v1",
  metadata: { resourceVersion: "1" },
  items,
});

/** What must come out: JSON.parse, and no metadata.managedFields. */
const expected = (text: string) => {
  const value = JSON.parse(text);
  for (const item of value.items) delete item.metadata.managedFields;
  return value;
};

const read = (value: unknown) => {
  const text = JSON.stringify(value);
  // JSON once more: a field set to undefined is as absent as one that is not there.
  return { got: JSON.parse(JSON.stringify(readList(Buffer.from(text)))), want: expected(text) };
};

describe("managedFields", () => {
  it("are cut out of what API servers send", () => {
    const pods = [1, 2, 3].map((i) => ({
      metadata: { name: `p${i}`, managedFields: [entry("kubelet", ["f:status"]), entry("kubectl", ["f:metadata"])] },
      spec: { nodeName: "n" },
    }));
    const text = JSON.stringify(list(pods));
    const { bytes, cuts } = cutManagedFields(Buffer.from(text));
    expect(cuts).toBe(3);
    expect(bytes.toString()).toBe(text.replace(/"managedFields":\[.*?\}\]/g, '"managedFields":[0]'));
    const { got, want } = read(list(pods));
    expect(got).toEqual(want);
  });

  it("are cut where other fields follow, as with custom resources", () => {
    const { got, want } = read(
      list([{ metadata: { annotations: {}, managedFields: [entry("a", [])], name: "x" }, spec: {} }]),
    );
    expect(got).toEqual(want);
  });

  it("of somebody's own spec stay", () => {
    const own = { managedFields: [{ a: 1 }] };
    for (const items of [
      [{ metadata: { name: "x" }, spec: own }],
      [{ metadata: { name: "x", managedFields: [entry("m", ["f:a"])] }, spec: own }],
      [{ metadata: { name: "x", managedFields: [] }, spec: own }],
      [{ metadata: { name: "x", managedFields: [{}] }, spec: { managedFields: [[{}], { b: 2 }] } }],
      [{ metadata: { name: "x", labels: own } }, { metadata: { managedFields: [entry("m", ["f:a"])] } }],
    ]) {
      const { got, want } = read(list(items));
      expect(got).toEqual(want);
    }
  });

  it("are judged rightly whatever stands in strings", () => {
    for (const nasty of [
      "]",
      "}]",
      '}],"',
      "}]}",
      ',"managedFields":[',
      '{"managedFields":[{}]}',
      "\\",
      '\\"',
      "}],\n",
      '"managedFields":[{',
    ]) {
      const { got, want } = read(
        list([
          { metadata: { name: nasty, managedFields: [entry(nasty, [nasty, "f:x"])] }, [nasty]: nasty },
          { metadata: { name: "y", managedFields: [entry("m", ["f:x"])] }, spec: { a: nasty } },
        ]),
      );
      expect(got).toEqual(want);
    }
  });

  it.each([
    ["an end in a string, after no object", { metadata: { managedFields: [entry("a],b", ["f:a"])] } }],
    ["an end in a string, before no next field", { metadata: { managedFields: [entry("{}]b", ["f:a"])] } }],
    ["another name that ends like it", { metadata: { 'x"managedFields': [{ a: 1 }] } }],
  ])("with %s are left in, and cost the others nothing", (_, doubtful) => {
    const clear = { metadata: { name: "y", managedFields: [entry("m", ["f:x"])] } };
    expect(cutManagedFields(Buffer.from(JSON.stringify(list([doubtful, clear])))).cuts).toBe(1);
    const { got, want } = read(list([doubtful, clear]));
    expect(got).toEqual(want);
  });

  it("never change anything else: any objects, any strings", () => {
    const piece = fc.constantFrom(
      '"',
      "\\",
      "]",
      "}",
      "[",
      "{",
      ",",
      ":",
      "managedFields",
      '"managedFields":[',
      "}]",
      "a",
      "é",
      "0",
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constant("managedFields"), text), tie("any"), { maxKeys: 3 }),
      ),
    })).any;
    const fields = fc.array(fc.dictionary(text, value, { maxKeys: 3 }), { maxLength: 3 });
    const item = fc.record(
      {
        metadata: fc.oneof(
          fc.record({ name: text, managedFields: fields, labels: value }, { requiredKeys: ["name"] }),
          fc.record({ managedFields: fields, zone: value }),
        ),
        spec: value,
        managedFields: value,
      },
      { requiredKeys: ["metadata"] },
    );
    let cut = 0;
    fc.assert(
      fc.property(fc.array(item, { maxLength: 4 }), (items) => {
        const { got, want } = read(list(items));
        expect(got).toEqual(want);
        cut += cutManagedFields(Buffer.from(JSON.stringify(list(items)))).cuts;
      }),
      { numRuns: 1_000 },
    );
    expect(cut).toBeGreaterThan(100); // the short way was taken too
  });

  it("are cut out of watch events", () => {
    const object = { kind: "Pod", apiVersion: "v1", metadata: { name: "p", managedFields: [entry("k", ["f:a"])] } };
    const event = readWatchEvent(Buffer.from(JSON.stringify({ type: "MODIFIED", object })));
    expect(event?.object.metadata.managedFields).toBeUndefined();
    expect(event?.object.metadata.name).toBe("p");
  });

  it("leave text that is no JSON to the parser, which says so", () => {
    const text = JSON.stringify(list([{ metadata: { managedFields: [entry("m", ["f:x"])] } }])).slice(0, -5);
    expect(() => readList(Buffer.from(text))).toThrow();
  });
});
