import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** The server behind aggregated APIs: says that it has no resources. Listens on the address that `localhost` is. */
export async function startAggregatedApi(state: string): Promise<{ port: number; server: Server }> {
  const pki = (file: string) => readFileSync(join(state, "pki", file));
  const tls = { cert: pki("apiserver.crt"), key: pki("apiserver.key") };
  const server = createServer(tls, (request, answer) => {
    const [, apis, group, version] = new URL(request.url ?? "/", "https://localhost").pathname.split("/");
    const isKnown = apis === "apis" && group !== undefined && version !== undefined;
    answer.writeHead(isKnown ? 200 : 404, { "content-type": "application/json" });
    const groupVersion = `${group}/${version}`;
    answer.end(
      JSON.stringify(isKnown ? { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: [] } : {}),
    );
  });
  await new Promise<void>((done) => server.listen(0, "localhost", done));
  return { port: (server.address() as AddressInfo).port, server };
}
