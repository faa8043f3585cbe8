import { expect, it } from "vitest";
import { plainAccess } from "./access.ts";
import { tokenReviewer } from "./token-review.ts";

const answering = (text: string, asked: unknown[] = []) =>
  tokenReviewer({
    access: plainAccess("http://127.0.0.1:1", "test"),
    async request(request) {
      asked.push([request.method, request.path, JSON.parse(request.body as string).spec]);
      return { status: 201, headers: {}, text };
    },
  });

it("asks for a token and its audience, and answers the status", async () => {
  const asked: unknown[] = [];
  const status = { authenticated: true, user: { username: "ana" }, audiences: ["defender"] };
  expect(await answering(JSON.stringify({ status }), asked)("t", ["defender"])).toEqual(status);
  expect(asked).toEqual([
    ["POST", "/apis/authentication.k8s.io/v1/tokenreviews", { token: "t", audiences: ["defender"] }],
  ]);
});

it.each(["", "{}", "[]", '{"status":"yes"}', "<html>"])("takes %j for no answer", async (text) => {
  await expect(answering(text)("t", ["defender"])).rejects.toMatchObject({ code: "kube-malformed" });
});
