import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CONTRACT, runContract } from "#functions/practice/api-contract.ts";
import { type Credentials, contractClient } from "#functions/practice/contract/client.ts";

/**
 * The table that the practice API server is held to, against the API server of KUBECONFIG: what differs is a mistake of
 * ours. Needs the rights of an admin; leaves nothing behind. Takes half a minute.
 */
interface Kubeconfig {
  readonly "current-context": string;
  readonly contexts: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string };
  }[];
  readonly clusters: readonly {
    readonly name: string;
    readonly cluster: { readonly server: string; readonly "certificate-authority-data"?: string };
  }[];
  readonly users: readonly {
    readonly name: string;
    readonly user: {
      readonly "client-certificate-data"?: string;
      readonly "client-key-data"?: string;
      readonly token?: string;
    };
  }[];
}

function connection(path: string): { readonly server: string; readonly credentials: Credentials } {
  const config = parse(readFileSync(path, "utf8")) as Kubeconfig;
  const context = config.contexts.find(({ name }) => name === config["current-context"])?.context;
  const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users.find(({ name }) => name === context?.user)?.user ?? {};
  if (!cluster) throw new Error(`${path}: its current context names no cluster`);
  const decoded = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, "base64"));
  const [ca, cert, key] = [
    cluster["certificate-authority-data"],
    user["client-certificate-data"],
    user["client-key-data"],
  ].map(decoded);
  return {
    server: cluster.server,
    credentials: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(user.token !== undefined && { token: user.token }),
    },
  };
}

describe("the practice API server's contract", () => {
  it("is kept by a real API server", { timeout: 300_000 }, async () => {
    const path = process.env.KUBECONFIG;
    if (!path) throw new Error("set KUBECONFIG to the cluster that this lane shall ask");
    const { server, credentials } = connection(path);
    const differences = await runContract(CONTRACT, {
      namespace: `contract-${Date.now().toString(36)}`,
      send: contractClient(server, credentials),
      wait: () => new Promise((resolve) => setTimeout(resolve, 250)),
      tries: 240,
    });
    expect(differences).toEqual([]);
  });
});
