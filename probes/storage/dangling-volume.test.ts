import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { ago, object } from "../objects.test-kit.ts";
import danglingVolume from "./dangling-volume.ts";

const claim = (phase = "Bound", made = {}) =>
  object("v1/PersistentVolumeClaim", "data", {
    namespace: "shop",
    spec: { volumeName: "pv-1" },
    status: { phase },
    ...made,
  });
const data = claim();
const reference = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  name: "data",
  namespace: "shop",
  resourceVersion: "1",
  uid: data.metadata.uid,
};
const volume = (phase: string, policy = "Retain", made = {}, claimRef: object = reference) =>
  object("v1/PersistentVolume", "pv-1", {
    finalizers: ["kubernetes.io/pv-protection"],
    spec: { claimRef, persistentVolumeReclaimPolicy: policy },
    status: { lastPhaseTransitionTime: ago(600), phase },
    ...made,
  });
const look = (...objects: object[]) => examine(danglingVolume, objects, { scan: true }).open;

describe("fires", () => {
  test("lowly for a volume that is kept, five minutes after its claim went", () => {
    expect(look(volume("Released"))).toMatchObject([
      {
        rule: "released",
        severity: "low",
        subject: "PersistentVolume/pv-1",
        message: "Volume pv-1 is kept although claim shop/data was deleted",
        opens: Date.parse(ago(300)),
      },
    ]);
  });
  test("also where a new claim has the old one's name", () => {
    expect(look(volume("Released"), claim("Bound", { uid: "another" }))).toHaveLength(1);
  });
  test("for a volume that cannot be reclaimed", () => {
    expect(look(volume("Failed", "Delete"))).toMatchObject([{ rule: "failed", severity: "medium" }]);
  });
  test("for a volume that is bound to nothing", () => {
    expect(look(volume("Bound", "Delete"))).toMatchObject([
      { rule: "claim-gone", severity: "low", message: "Volume pv-1 is bound to claim shop/data, which is gone" },
    ]);
  });
  test("critically for a claim that has lost its volume", () => {
    expect(look(claim("Lost"))).toMatchObject([
      {
        rule: "volume-lost",
        severity: "critical",
        subject: "PersistentVolumeClaim/shop/data",
        message: "Claim shop/data has lost its volume pv-1",
      },
    ]);
  });
  test("five minutes after it was seen, where no time is told", () => {
    const { open, next } = examine(danglingVolume, [claim("Lost")]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:05:00Z"));
  });
});

test("one finding per volume, never by the claim's uid", () => {
  const other = volume("Released", "Retain", {}, { ...reference, uid: "another" });
  expect(look(other)[0]?.fingerprint).toBe(look(claim("Bound", { uid: "third" }), volume("Released"))[0]?.fingerprint);
});

test.each([
  ["a volume with its claim", [volume("Bound"), data]],
  ["a volume whose claim is being bound", [volume("Bound"), claim("Pending")]],
  ["a claim that waits for a volume", [claim("Pending", { spec: {} })]],
  [
    "a volume that nobody has claimed",
    [
      object("v1/PersistentVolume", "free", {
        spec: { persistentVolumeReclaimPolicy: "Retain" },
        status: { phase: "Available" },
      }),
    ],
  ],
  ["a volume reserved for a claim to come", [volume("Available", "Retain", {}, { name: "later", namespace: "shop" })]],
  ["a released volume that is deleted with its claim", [volume("Released", "Delete")]],
  ["a kept volume that is being deleted", [volume("Released", "Retain", { deleted: 5 })]],
  ["a failed volume that is being deleted", [volume("Failed", "Delete", { deleted: 5 })]],
])("is silent for %s", (_, objects) => expect(look(...objects)).toEqual([]));
