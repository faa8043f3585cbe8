import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { pod } from "../objects.test-kit.ts";
import duplicatePodIp from "./duplicate-pod-ip.ts";

const at = (ip: string, nodeName: string, more = {}) => ({
  spec: { nodeName },
  status: { podIP: ip, podIPs: [{ ip }] },
  ...more,
});
const a = pod("a", at("10.0.0.7", "node-1"));
const b = pod("b", at("10.0.0.7", "node-2"));
const c = pod("c", at("10.0.0.7", "node-3"));
const scan = { scan: true };

describe("fires", () => {
  test("where two running pods hold one IP", () => {
    const { pending } = examine(duplicatePodIp, [a, b, pod("other")]);
    expect(pending).toMatchObject([
      {
        severity: "critical",
        subject: "Pod/shop/a",
        related: ["Pod/shop/b"],
        message: "2 running pods hold the IP 10.0.0.7: shop/a on node-1, shop/b on node-2",
      },
    ]);
  });
  test("for either address family", () => {
    const dual = (name: string, v4: string) =>
      pod(name, { status: { podIP: v4, podIPs: [{ ip: v4 }, { ip: "fd00::7" }] } });
    expect(examine(duplicatePodIp, [dual("a", "10.0.0.1"), dual("b", "10.0.0.2")], scan).open).toHaveLength(1);
  });
  test("and names five of many", () => {
    const many = Array.from({ length: 7 }, (_, i) => pod(`p${i}`, at("10.0.0.7", "n")));
    const [finding] = examine(duplicatePodIp, many, scan).open;
    expect(finding?.message).toMatch(/^7 running pods .*shop\/p4 on n and 2 more$/);
    expect(finding?.related).toHaveLength(6);
  });
  test("after ten seconds", () => {
    const now = "2026-01-01T12:00:00Z";
    const { open, pending, next } = examine(duplicatePodIp, [a, b], { now });
    expect(open).toEqual([]);
    expect(pending[0]?.opens).toBe(Date.parse(now) + 10_000);
    expect(next).toBe(Date.parse(now) + 10_000);
  });
});

test("one finding per IP, whoever holds it and in whatever order", () => {
  const print = (...pods: object[]) => examine(duplicatePodIp, pods, scan).open.map((f) => f.fingerprint);
  expect(new Set([...print(a, b), ...print(b, a), ...print(c, b), ...print(c, a, b)]).size).toBe(1);
});

test.each([
  ["pods with addresses of their own", pod("x", at("10.0.0.8", "node-2"))],
  ["a pod that completed", pod("x", { status: { ...at("10.0.0.7", "").status, phase: "Succeeded" } })],
  ["a pod that failed", pod("x", { status: { ...at("10.0.0.7", "").status, phase: "Failed" } })],
  ["a pod that is ending", pod("x", at("10.0.0.7", "node-2", { deleted: 5 }))],
  ["a pod on its node's network", pod("x", at("10.0.0.7", "node-2", { spec: { hostNetwork: true } }))],
  ["a pod that has no address yet", pod("x", { status: { podIP: "", podIPs: [{ ip: "" }] } })],
])("is silent for %s", (_, other) => expect(examine(duplicatePodIp, [a, other], scan).open).toEqual([]));
