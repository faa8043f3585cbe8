import { execFile } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = (dir: string, ...args: string[]) => promisify(execFile)("openssl", args, { cwd: dir });
const NEW_KEY = ["-newkey", "rsa:2048", "-nodes"];

/** `NAME.pem`, with its key beside it, in `dir`. */
export async function makeAuthority(dir: string, name: string): Promise<void> {
  await openssl(
    dir,
    ...["req", "-x509", ...NEW_KEY, "-days", "2", "-subj", `/CN=${name}`],
    ...["-keyout", `${name}.key`, "-out", `${name}.pem`],
  );
}

/** `NAME.pem` and `NAME.key`, of that authority, for 127.0.0.1; `NAME.both` holds the two. */
export async function makeCertificate(dir: string, name: string, authority: string): Promise<void> {
  writeFileSync(join(dir, `${name}.ext`), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  await openssl(dir, ...["req", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`]);
  await openssl(
    dir,
    ...["x509", "-req", "-in", `${name}.csr`, "-CA", `${authority}.pem`, "-CAkey", `${authority}.key`],
    ...["-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`, "-out", `${name}.pem`],
  );
  writeFileSync(join(dir, `${name}.both`), readFileSync(join(dir, `${name}.key`)));
  appendFileSync(join(dir, `${name}.both`), readFileSync(join(dir, `${name}.pem`)));
}
