import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { node } from "../objects.test-kit.ts";
import versionSkew from "./version-skew.ts";

const api = (gitVersion: string) => ({
  apiVersion: "roundsman",
  kind: "Cluster",
  metadata: { name: "test" },
  version: { major: "1", minor: "34", gitVersion },
  kinds: [],
});
const at = (name: string, kubeletVersion: string, pool?: string, made = {}) =>
  node(name, {
    ...(pool && { labels: { "node.kubernetes.io/pool": pool } }),
    status: { nodeInfo: { kubeletVersion } },
    ...made,
  });
const look = (objects: object[], world = {}) => examine(versionSkew, objects, { scan: true, ...world }).open;

describe("against the API server", () => {
  test("fires for a kubelet that is newer", () => {
    expect(look([api("v1.34.4"), at("n1", "v1.35.0")])).toMatchObject([
      {
        rule: "apiserver",
        severity: "high",
        subject: "Node/n1",
        message: "Node n1 runs kubelet v1.35.0, newer than the API server's v1.34.4",
      },
    ]);
  });
  test("fires for one that is more than three minor versions older", () => {
    expect(look([api("v1.34.4"), at("n1", "v1.30.9")])).toMatchObject([
      { message: "Node n1 runs kubelet v1.30.9, more than 3 minor versions older than the API server's v1.34.4" },
    ]);
  });
  test.each(["v1.31.0", "v1.34.9", "v1.34.4-gke.100", ""])("is silent for %s", (version) => {
    expect(look([api("v1.34.4"), at("n1", version)])).toEqual([]);
  });
  test("is silent where a dump does not tell its version", () => expect(look([at("n1", "v1.20.0")])).toEqual([]));
});

describe("within a pool", () => {
  const shop = [at("n1", "v1.34.4", "shop"), at("n2", "v1.34.4", "shop"), at("n3", "v1.33.1", "shop")];
  const db = [at("d1", "v1.33.1", "db"), at("d2", "v1.33.1", "db")];
  test("fires for the odd one", () => {
    expect(look([...shop, ...db])).toMatchObject([
      {
        rule: "pool",
        severity: "low",
        subject: "Node/n3",
        message: "Node n3 runs kubelet v1.33.1, most of the nodes of pool shop run v1.34.4",
      },
    ]);
  });
  test("where nodes carry no pool label the cluster is one", () => {
    const bare = [at("n1", "v1.34.4"), at("n2", "v1.34.4"), at("n3", "v1.33.1")];
    expect(look([...bare, ...db])).toMatchObject([
      { subject: "Node/n3", message: expect.stringContaining("most of the cluster's nodes run v1.34.4") },
    ]);
  });
  test("takes the label that is set", () => {
    const labelled = [...shop, ...db].map((n) => ({
      ...n,
      metadata: { ...n.metadata, labels: { "cloud.example.com/group": n.metadata.labels["node.kubernetes.io/pool"] } },
    }));
    expect(look(labelled, { params: { poolLabel: "cloud.example.com/group" } }).map((f) => f.subject)).toEqual([
      "Node/n3",
    ]);
  });
  test.each([
    ["half and half", [at("n1", "v1.34.4"), at("n2", "v1.33.1")]],
    ["pools of different versions", [...shop.slice(0, 2), ...db]],
    ["an odd one that is being deleted", [...shop.slice(0, 2), at("n4", "v1.33.1", "shop", { deleted: 5 })]],
    [
      "one without pool that is being deleted",
      [at("n1", "v1.34.4"), at("n2", "v1.34.4"), at("n3", "v1.33.1", undefined, { deleted: 5 })],
    ],
    [
      "a virtual node without pool",
      [
        at("n1", "v1.34.4"),
        at("n2", "v1.34.4"),
        at("vk", "v1.19.10-vk", undefined, { labels: { type: "virtual-kubelet" } }),
      ],
    ],
    [
      "a virtual node",
      [
        ...shop.slice(0, 2),
        at("vk", "v1.19.10-vk", "shop", { labels: { type: "virtual-kubelet", "node.kubernetes.io/pool": "shop" } }),
      ],
    ],
  ])("is silent for %s", (_, objects) => expect(look(objects)).toEqual([]));
  test("the finding stays one while nodes come and go", () => {
    const [a] = look([...shop.toReversed(), at("n5", "v1.34.4", "shop")]);
    expect(a?.fingerprint).toBe(look(shop)[0]?.fingerprint);
  });
});

test("fires after an hour", () => {
  const { open, next } = examine(versionSkew, [api("v1.34.4"), at("n1", "v1.35.0")]);
  expect(open).toEqual([]);
  expect(next).toBe(Date.parse("2026-01-01T13:00:00Z"));
});
