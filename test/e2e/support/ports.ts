import { createServer } from "node:net";

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false)).listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });

/** The first of so many ports in a row that are free now. Below the range that the kernel gives out by itself. */
export async function freePorts(count: number): Promise<number> {
  const offset = process.pid % 400;
  for (let i = 0; i < 400; i++) {
    const first = 20_000 + ((offset + i) % 400) * 20;
    const free = await Promise.all(Array.from({ length: count }, (_, n) => isFree(first + n)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}
