import { describe, expect, it } from "vitest";
import { every, microTimestamp, timestamp } from "./clock.ts";
import { createTimeline } from "./timeline.ts";

describe("a timeline", () => {
  it("runs what is due, in order, at its own time", () => {
    const time = createTimeline(1_000);
    const seen: [string, number][] = [];
    const note = (name: string) => () => void seen.push([name, time.now()]);
    time.after(300, note("late"));
    time.after(100, () => {
      note("early")();
      time.after(100, note("then"));
    });
    time.after(200, note("taken back"))();
    time.advance(250);
    expect(seen).toEqual([
      ["early", 1_100],
      ["then", 1_200],
    ]);
    time.advance(50);
    expect(seen.at(-1)).toEqual(["late", 1_300]);
  });

  it("repeats until told otherwise", () => {
    const time = createTimeline(0);
    let beats = 0;
    const stop = every(time, 10, () => void beats++);
    time.advance(35);
    stop();
    time.advance(100);
    expect(beats).toBe(3);
  });

  it("skips time in which nothing happens", () => {
    const time = createTimeline(0);
    let at = -1;
    time.after(10, () => {
      at = time.now();
    });
    time.skip(1_000);
    expect([time.now(), at]).toEqual([1_000, -1]);
    time.advance(10);
    expect(at).toBe(1_010);
  });

  it("follows another clock, with what is pending, until it is stopped", () => {
    const leader = createTimeline(5_000);
    const time = createTimeline(0);
    const seen: number[] = [];
    time.after(10, () => void seen.push(time.now()));
    time.follow(leader);
    time.after(20, () => void seen.push(time.now()));
    time.after(30, () => void seen.push(time.now()));
    leader.advance(25);
    expect(seen).toEqual([5_010, 5_020]);
    time.stop();
    leader.advance(100);
    expect(seen).toHaveLength(2);
    expect(() => time.advance(1)).toThrow("cannot be moved by hand");
  });

  it("writes time as Kubernetes does", () => {
    const at = Date.parse("2026-11-21T12:00:00.789Z");
    expect(timestamp(at)).toBe("2026-11-21T12:00:00Z");
    expect(microTimestamp(at)).toBe("2026-11-21T12:00:00.789000Z");
  });
});
