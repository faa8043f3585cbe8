/** For tests: kubeconfigs in a folder that goes with the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Access, type FindAccessOptions, findAccess } from "./access.ts";

/** A new folder with these files. */
export const folder = (files: Readonly<Record<string, string>> = {}): string => {
  const dir = mkdtempSync(join(tmpdir(), "kube-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, name, ".."), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
};

/** A kubeconfig of one cluster, user and context, all of one name. */
export const config = (
  name: string,
  { cluster = "", user = "token: secret", server = `https://${name}.example:6443` } = {},
) => `
apiVersion: v1
kind: Config
clusters: [{name: ${name}, cluster: {server: "${server}", ${cluster}}}]
users: [{name: ${name}, user: {${user}}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}, namespace: of-${name}}}]
current-context: ${name}
`;

export const find = (text: string, options: Partial<FindAccessOptions> = {}): Access =>
  findAccess({ kubeconfig: join(folder({ config: text }), "config"), env: {}, ...options })!;
