// Runs the README's commands as they stand, on a clean clone, as someone would who has read nothing else.
// With KUBECONFIG it also runs those that need a cluster (with nodes that play: KWOK), and kubectl must be on the PATH.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "roundsman-readme-"));
const clone = join(place, "roundsman");
const home = join(place, "home");
const { KUBECONFIG } = process.env;
// A newcomer has none of our variables.
const outer = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== "KUBECONFIG" && !name.startsWith("ROUNDSMAN_")),
);
const env = { ...outer, HOME: home, XDG_STATE_HOME: join(home, "state"), PORT: "18081" };
const counts = { passed: 0, failed: 0 };
const say = (text) => process.stdout.write(`${text}\n`);

const blocks = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((m) =>
  m[1].trim(),
);
const block = (...words) => {
  const found = blocks.filter((text) => words.every((word) => text.includes(word)));
  if (found.length !== 1) throw new Error(`${found.length} blocks of the README hold ${words.join(", ")}`);
  return found[0];
};

async function step(name, work) {
  const from = Date.now();
  try {
    await work();
    counts.passed++;
    say(`ok   ${name} (${((Date.now() - from) / 1000).toFixed(0)} s)`);
  } catch (e) {
    counts.failed++;
    say(`FAIL ${name}: ${e.message}`);
  }
}

function run(command, cwd, codes = [0], more = {}) {
  const { status, stdout, stderr } = spawnSync("bash", ["-euc", command], {
    cwd,
    env: { ...env, ...more },
    encoding: "utf8",
  });
  if (!codes.includes(status)) throw new Error(`${command} ended with ${status}:\n${(stdout + stderr).slice(-4000)}`);
  return stdout;
}

/** Runs what goes on until it is stopped; ends it by SIGINT, as Ctrl-C would, once it has said all that is wanted. */
async function watch(command, cwd, wanted, { within, more = {}, meanwhile }) {
  const child = spawn("bash", ["-euc", command], { cwd, env: { ...env, ...more }, detached: true });
  let said = "";
  const end = once(child, "exit");
  const enough = new Promise((done, fail) => {
    const timer = setTimeout(
      () =>
        fail(
          new Error(`not said within ${within / 1000} s: ${wanted.filter((w) => !w.test(said))}\n${said.slice(-3000)}`),
        ),
      within,
    );
    const look = (chunk) => {
      said += chunk;
      if (!wanted.every((one) => one.test(said))) return;
      clearTimeout(timer);
      done();
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    end.then(([code]) => fail(new Error(`ended by itself with ${code}:\n${said.slice(-3000)}`)));
  });
  try {
    await Promise.all([enough, meanwhile?.(() => said)]);
  } finally {
    if (child.exitCode === null) process.kill(-child.pid, "SIGINT");
  }
  // npm and the shell may say that the signal ended them; ours must be gone, and must not have complained.
  const [code, signal] = await end;
  if (code !== 0 && code !== 130 && signal !== "SIGINT")
    throw new Error(`after Ctrl-C it ended with ${code ?? signal}:\n${said.slice(-2000)}`);
  await until(async () => !(await answers("/livez")), 5_000);
  if (/^roundsman: /m.test(said)) throw new Error(`it complained:\n${said.slice(-2000)}`);
  return said;
}

const until = async (what, within) => {
  for (const end = Date.now() + within; ; ) {
    if (await what()) return;
    if (Date.now() > end) throw new Error(`not within ${within / 1000} s: ${what}`);
    await new Promise((done) => setTimeout(done, 200));
  }
};

const answers = async (path) => {
  try {
    return (await fetch(`http://127.0.0.1:18081${path}`)).status === 200;
  } catch {
    return false;
  }
};

mkdirSync(join(home, ".kube"), { recursive: true });
try {
  run(`git clone -q "${root}" roundsman`, place);
  const start = block("npm start");
  await step("the first command: findings of the practice cluster come and go", async () => {
    const said = await watch(start, clone, [/Inspecting the practice cluster/, /▲/, /✓ resolved/], { within: 180_000 });
    const first = said.split("\n").find((line) => line.startsWith("Inspecting"));
    if (!first?.includes("practice")) throw new Error(`its first line is ${first}`);
  });
  await step("the second command: the tests pass", () => run(block("npm test", "npm ci"), clone));
  const tarball = run("npm pack --silent", clone).trim().split("\n").at(-1);
  // What stands for `npx roundsman` outside of a checkout: the package as npm would install it.
  run(`npm init -y >/dev/null && npm install --no-fund --no-audit "${join(clone, tarball)}"`, home);
  await step("a first case in a checkout", () => run(block("roundsman new"), clone));
  await step("a first case with the package installed", () =>
    run(block("roundsman new").replace("my-cases --name", `my-cases --package "${join(clone, tarball)}" --name`), home),
  );
  await step("the compiler finds nothing in it", () => run("npx tsc", join(home, "my-cases")));
  if (KUBECONFIG) {
    copyFileSync(KUBECONFIG, join(home, ".kube", "config"));
    const more = { KUBECONFIG };
    const bad = `kubectl run web --image=nginx:latest --overrides='{"spec":{"tolerations":[{"operator":"Exists"}],"automountServiceAccountToken":false}}'`;
    await step("the first command with KUBECONFIG: a real cluster", () =>
      watch(start, clone, [/Inspecting (?!the practice)/, /Findings: http/], {
        within: 120_000,
        more,
        meanwhile: () => until(() => answers("/readyz"), 110_000),
      }),
    );
    const dir = join(home, "my-cases");
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "readme", annotations: { "kwok.x-k8s.io/node": "fake" } },
    };
    const size = { cpu: "8", memory: "16Gi", pods: "110" };
    const nodeText = JSON.stringify({ ...node, status: { capacity: size, allocatable: size } });
    run(
      `kubectl apply -f - <<'E'\n${nodeText}\nE\n${bad}; kubectl wait --for=jsonpath='{.status.phase}'=Running pod/web --timeout=60s`,
      home,
      [0],
      more,
    );
    const [dump, scan, watching] = block("kubectl get pods").split("\n");
    await step("the case on a dump", () => {
      const out = run(`${dump}\n${scan}`, dir, [1], more);
      if (!/shop\/no-latest-image/.test(out)) throw new Error(`it did not find the pod:\n${out}`);
    });
    await step("the case on the cluster: raised, mended, resolved", () =>
      watch(watching, dir, [/▲ low +shop\/no-latest-image .*web/, /✓ resolved shop\/no-latest-image .*web/], {
        within: 90_000,
        meanwhile: async (said) => {
          await until(() => /▲ low +shop\/no-latest-image/.test(said()), 60_000);
          run("kubectl delete pod web --wait=false", dir, [0], more);
        },
      }),
    );
  }
} catch (e) {
  counts.failed++;
  say(`FAIL ${e.stack}`);
} finally {
  rmSync(place, { recursive: true, force: true });
}
say(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
