import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { container, pod } from "../objects.test-kit.ts";
import imagePullFailing from "./image-pull-failing.ts";

const waiting = (name: string, reason: string) =>
  container(name, {
    image: `registry.example.com/${name}:typo`,
    ready: false,
    started: false,
    state: { waiting: { message: `Back-off pulling ${name}`, reason } },
  });
const withStatus = (status: object, made = {}) => pod("web", { ...made, status: { phase: "Pending", ...status } });
const look = (it: object) => examine(imagePullFailing, [it], { scan: true }).open;

describe("fires", () => {
  test("for an image that cannot be pulled", () => {
    expect(
      look(withStatus({ containerStatuses: [container("proxy"), waiting("app", "ImagePullBackOff")] })),
    ).toMatchObject([
      {
        severity: "medium",
        subject: "Pod/shop/web",
        message: "The image registry.example.com/app:typo of container app in pod shop/web cannot be pulled",
        evidence: { says: "Back-off pulling app" },
      },
    ]);
  });
  test.each(["ErrImagePull", "InvalidImageName", "ErrImageNeverPull"])("for %s", (reason) => {
    expect(look(withStatus({ containerStatuses: [waiting("app", reason)] }))).toHaveLength(1);
  });
  test("for init containers, each by itself", () => {
    const it = withStatus({
      initContainerStatuses: [waiting("init", "ErrImagePull")],
      containerStatuses: [waiting("app", "ErrImagePull")],
    });
    expect(new Set(look(it).map((f) => f.fingerprint)).size).toBe(2);
  });
  test("after a minute", () => {
    const { open, next } = examine(imagePullFailing, [
      withStatus({ containerStatuses: [waiting("app", "ErrImagePull")] }),
    ]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:01:00Z"));
  });
});

test("the finding and its words stay while the kubelet tries and waits in turn", () => {
  const [a] = look(withStatus({ containerStatuses: [waiting("app", "ErrImagePull"), container("b")] }));
  const [b] = look(withStatus({ containerStatuses: [container("b"), waiting("app", "ImagePullBackOff")] }));
  expect([a?.fingerprint, a?.message]).toEqual([b?.fingerprint, b?.message]);
});

test.each([
  ["a pod that runs", pod("web")],
  ["a container that is being made", withStatus({ containerStatuses: [waiting("app", "ContainerCreating")] })],
  ["one that waits for init containers", withStatus({ containerStatuses: [waiting("app", "PodInitializing")] })],
  ["one that crashes", withStatus({ containerStatuses: [waiting("app", "CrashLoopBackOff")] })],
  ["a pod that is ending", withStatus({ containerStatuses: [waiting("app", "ImagePullBackOff")] }, { deleted: 5 })],
  [
    "a pod that ends before it began",
    withStatus({ initContainerStatuses: [waiting("init", "ErrImagePull")] }, { deleted: 5 }),
  ],
])("is silent for %s", (_, it) => expect(look(it)).toEqual([]));
