import { describe, expect, it } from "vitest";
import { type Container, type ContainerStatus, conductOf, created, next, restarted, untilNext } from "./containers.ts";

const container = (more: Partial<Container> = {}): Container => ({
  name: "c",
  image: "registry.practice.example/c:1",
  ...more,
});

/** What a container does until it settles, or for so many steps. */
function life(spec: Container, restartPolicy: string, steps: number): readonly string[] {
  const seen: string[] = [];
  let status: ContainerStatus = created(spec);
  let now = Date.parse("2026-11-21T12:00:00Z");
  for (let i = 0; i < steps; i++) {
    const { state, ready, restartCount } = status;
    const word = state?.waiting?.reason ?? state?.terminated?.reason ?? (ready ? "ready" : "running");
    seen.push(`${word} ${restartCount}`);
    const ms = untilNext(spec, status, restartPolicy);
    if (ms === undefined) break;
    now += ms;
    status = next(spec, status, restartPolicy, now);
  }
  return seen;
}

describe("a container", () => {
  it("serves", () => {
    expect(life(container(), "Always", 9)).toEqual(["ContainerCreating 0", "running 0", "ready 0"]);
  });

  it("is never ready", () => {
    expect(life(container({ readinessProbe: { exec: { command: ["false"] } } }), "Always", 9)).toEqual([
      "ContainerCreating 0",
      "running 0",
    ]);
  });

  it("crashes for ever, with pauses", () => {
    expect(life(container({ command: ["false"] }), "Always", 6)).toEqual([
      "ContainerCreating 0",
      "running 0",
      "CrashLoopBackOff 0",
      "running 1",
      "CrashLoopBackOff 1",
      "running 2",
    ]);
    expect(life(container({ command: ["false"] }), "Never", 9).at(-1)).toBe("Error 0");
  });

  it("completes, once or again and again", () => {
    expect(life(container(), "Never", 9).at(-1)).toBe("Completed 0");
    expect(life(container({ command: ["true"] }), "OnFailure", 9).at(-1)).toBe("Completed 0");
    expect(life(container({ command: ["true"] }), "Always", 5).at(-1)).toBe("CrashLoopBackOff 1");
  });

  it("has no image", () => {
    for (const image of ["registry.invalid/x:1", "registry.invalid:5000/x"]) {
      expect(conductOf(container({ image }), "Always")).toBe("has no image");
    }
    expect(conductOf(container({ image: "example/invalid" }), "Always")).toBe("serves");
    expect(life(container({ image: "registry.invalid/x:1" }), "Always", 9)).toEqual([
      "ContainerCreating 0",
      "ErrImagePull 0",
      "ImagePullBackOff 0",
    ]);
  });

  it("is restarted, and remembers when and why it ended", () => {
    const status = restarted(container(), next(container(), created(container()), "Always", 0), 5_000);
    expect(status).toMatchObject({
      restartCount: 1,
      ready: false,
      state: { running: { startedAt: "1970-01-01T00:00:05Z" } },
    });
    expect(status.lastState?.terminated).toMatchObject({
      exitCode: 137,
      startedAt: "1970-01-01T00:00:00Z",
      finishedAt: "1970-01-01T00:00:05Z",
    });
  });
});
