import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Watches for connections over which nothing was asked yet (a browser's, a port-forward's): Node takes them for busy, so
 * closing would wait for them. @returns ends those that there are, and those that come
 */
export function unasked(server: Server): () => void {
  const quiet = new Set<Socket>();
  let isEnding = false;
  const isSecure = "setSecureContext" in server;
  server.on(isSecure ? "secureConnection" : "connection", (socket: Socket) => {
    if (isEnding) return void socket.destroy();
    quiet.add(socket);
    socket.once("close", () => quiet.delete(socket));
  });
  server.on("request", ({ socket }: IncomingMessage) => quiet.delete(socket));
  return () => {
    isEnding = true;
    for (const socket of quiet) socket.destroy();
  };
}
