import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { freePorts } from "#test/e2e/support/ports.ts";
import { JVM, script } from "./bed.ts";
import { makeAuthority, makeCertificate } from "./certificates.ts";

/** A client proves itself anew so often, or is cut off. ms */
export const REAUTHENTICATE = 11_000;
export const PASSWORD = "kept in a file";

const properties = (dir: string, port: number): string => `
node.id=1
process.roles=broker,controller
controller.quorum.voters=1@127.0.0.1:${port + 3}
controller.listener.names=CONTROLLER
listeners=SASL://127.0.0.1:${port},MTLS://127.0.0.1:${port + 1},INTERNAL://127.0.0.1:${port + 2},CONTROLLER://127.0.0.1:${port + 3}
advertised.listeners=SASL://127.0.0.1:${port},MTLS://127.0.0.1:${port + 1},INTERNAL://127.0.0.1:${port + 2}
listener.security.protocol.map=SASL:SASL_SSL,MTLS:SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
log.dirs=${dir}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_roundsman="${PASSWORD}" user_nobody="${PASSWORD}";
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.plain.connections.max.reauth.ms=${REAUTHENTICATE}
listener.name.sasl.scram-sha-512.connections.max.reauth.ms=${REAUTHENTICATE}
ssl.keystore.type=PEM
ssl.keystore.location=${dir}/broker.both
ssl.truststore.type=PEM
ssl.truststore.location=${dir}/authority.pem
listener.name.mtls.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:roundsman;User:CN=roundsman
`;

/** One broker that lets in who proves to be `roundsman` (or `nobody`, who may do nothing), over TLS alone. */
export class SecuredBroker {
  /** TLS and a password: PLAIN or SCRAM-SHA-512. */
  readonly sasl: string;
  /** TLS and a certificate. */
  readonly mutual: string;
  readonly #dir: string;
  readonly #child: ChildProcess;

  private constructor(dir: string, port: number, child: ChildProcess) {
    this.#dir = dir;
    this.#child = child;
    this.sasl = `127.0.0.1:${port}`;
    this.mutual = `127.0.0.1:${port + 1}`;
  }

  static async up(): Promise<SecuredBroker> {
    const dir = mkdtempSync(join(tmpdir(), "roundsman-secured-"));
    for (const name of ["authority", "other"]) await makeAuthority(dir, name);
    for (const name of ["broker", "roundsman"]) await makeCertificate(dir, name, "authority");
    writeFileSync(join(dir, "password"), `${PASSWORD}\n`);
    writeFileSync(join(dir, "wrong"), "another\n");
    const port = await freePorts(4);
    const config = join(dir, "server.properties");
    writeFileSync(config, properties(dir, port));
    const env = { ...process.env, ...JVM, KAFKA_TOOL_HEAP: JVM.KAFKA_HEAP, KAFKA_LOG: "info" };
    const scram = `SCRAM-SHA-512=[name=roundsman,password="${PASSWORD}"]`;
    await promisify(execFile)(
      script(),
      ["tool", "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", config, "--add-scram", scram],
      { env },
    );
    // Its output goes to a file: nobody reads a pipe.
    const child = spawn(
      "sh",
      ["-c", `exec "$0" tool kafka.Kafka "$1" >"$2" 2>&1`, script(), config, join(dir, "log")],
      {
        env,
        detached: true,
        stdio: "ignore",
      },
    );
    const broker = new SecuredBroker(dir, port, child);
    for (const end = Date.now() + 60_000; !broker.#log().includes("Kafka Server started"); await pause(100)) {
      if (child.exitCode === null && Date.now() < end) continue;
      const said = broker.#log().slice(-3_000);
      await broker.down();
      throw new Error(`the broker did not start: ${said}`);
    }
    return broker;
  }

  file(name: string): string {
    return join(this.#dir, name);
  }

  async down(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exit = once(this.#child, "exit");
      process.kill(-this.#child.pid!, "SIGKILL");
      await exit;
    }
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }

  #log(): string {
    try {
      return readFileSync(this.file("log"), "utf8");
    } catch {
      return "";
    }
  }
}
