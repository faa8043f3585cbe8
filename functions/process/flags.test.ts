import Type from "typebox";
import { expect, it } from "vitest";
import { describeSettings, readFlags } from "./flags.ts";

const schema = Type.Object({
  kafkaBrokers: Type.Optional(Type.Array(Type.String())),
  port: Type.Integer({ default: 8080, description: "where it listens" }),
  kafkaTls: Type.Optional(Type.Boolean()),
  data: Type.Optional(Type.String()),
});

it("flags are a settings' keys: lists by commas and by repetition, numbers, and booleans with their no", () => {
  expect(
    readFlags(schema, ["--kafka-brokers", "a:1,b:2", "--kafka-brokers=c:3", "--port", "9", "--no-kafka-tls"]),
  ).toEqual({ kafkaBrokers: ["a:1", "b:2", "c:3"], port: 9, kafkaTls: false });
  expect(readFlags(schema, ["--kafka-tls", "--data", "5"])).toEqual({ kafkaTls: true, data: "5" });
  expect(readFlags(schema, [])).toEqual({});
});

it("what cannot be read stays text, for the schema to refuse by its name", () => {
  expect(readFlags(schema, ["--port", "many"])).toEqual({ port: "many" });
});

it.each([
  [["--prot", "9"], '--prot is not known; did you mean "--port"'],
  [["--data"], "argument missing"],
  [["left-over"], "left-over"],
])("%j is refused by name", (argv, says) => {
  expect(() => readFlags(schema, argv)).toThrowError(says);
});

it("a line per setting names its flag, its variable and its default", () => {
  expect(describeSettings(schema)).toMatch(/--port +ROUNDSMAN_PORT +where it listens \(default: 8080\)\n/);
});
