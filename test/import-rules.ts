import { dirname, join, normalize } from "node:path";

/** A source file, with its path from the repository's root. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Folders of functions/ that put others together. */
const COMPOSE = new Set(["standalone", "host", "fleet", "cli"]);
/** What every process stands on; it knows none of them. */
const SHARED = "process";
/** Where one parser reads all JSON, and why a file may still call JSON.parse itself. */
const PARSES: Readonly<Record<string, string>> = {
  "sdk/event/json.ts": "is the parser",
  "sdk/case/manifest.ts": "copies what it has itself written",
  "broker/kube/status.ts": "reads the API server's own answer, fields by name",
  "broker/kube/exec-plugin.ts": "reads what a plugin of the user's kubeconfig printed, fields by name",
  "broker/kube/oidc.ts": "reads what the user's identity provider answered, fields by name",
  "functions/cli/program.ts": "reads the package's own version",
};
const LONGEST = 450;

const IMPORT = /^\s*(import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;
const IS_TEST = /\.test\.ts$|\.test-kit\.ts$|\/testing\/|^test\/|\/contract\/|\/test-[\w-]+\.ts$/;

interface Import {
  readonly what: string;
  readonly isType: boolean;
}

function importsOf({ text }: Source): Import[] {
  return [...text.matchAll(IMPORT)].map((match) => ({
    what: match[3] ?? match[4]!,
    isType: match[2] !== undefined,
  }));
}

/** The repository's path that an import names, or undefined where it is a package's. */
function fileOf(from: string, what: string): string | undefined {
  if (what.startsWith(".")) return normalize(join(dirname(from), what));
  return what.startsWith("#") ? what.slice(1) : undefined;
}

const roomOf = (path: string) => path.split("/")[0]!;

function flawOf(path: string, { what, isType }: Import): string | undefined {
  const room = roomOf(path);
  const file = fileOf(path, what);
  if (file === undefined) {
    if (what.startsWith("kafkajs") && !path.startsWith("broker/log/kafka/"))
      return "only broker/log/kafka knows kafkajs";
    if (what.startsWith("@kubernetes/client-node") && !isType && !path.startsWith("broker/kube/"))
      return "only broker/kube knows client-node, others its types";
    return undefined;
  }
  const to = roomOf(file);
  if (to === room && room !== "functions") return undefined;
  if (to === "test") return IS_TEST.test(path) ? undefined : "what runs knows no tests";
  if (room === "sdk") return "sdk imports none of ours";
  if (room === "probes" || room === "broker") return to === "sdk" ? undefined : `${room} imports sdk alone`;
  if (to === "sdk" || to === "broker") return undefined;
  const [own, other] = [path, file].map((one) => one.split("/")[1]!);
  if (to === "functions" && own === other) return undefined;
  if (to === "functions" && other === SHARED) return undefined;
  return COMPOSE.has(own!) ? undefined : `functions/${own} imports sdk and broker alone`;
}

/** What breaks the rules of who may import whom and of what a file may be, one line each. */
export function flawsOf(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const { path, text } = source;
    const flaws: string[] = [];
    const say = (what: string) => flaws.push(`${path}: ${what}`);
    const isTest = IS_TEST.test(path);
    if (roomOf(path) !== "test")
      for (const one of importsOf(source)) {
        const flaw = isTest && !path.startsWith("sdk/testing/") ? undefined : flawOf(path, one);
        if (flaw) say(`imports ${one.what}: ${flaw}`);
      }
    if (isTest) return flaws;
    if (/\bJSON\.parse\(/.test(text) && !Object.hasOwn(PARSES, path)) say("calls JSON.parse: use parseJson");
    if (/^(?:export )?(?:const|let|var) (?!.*=>).*\bprocess\.env\b/m.test(text)) say("reads process.env at import");
    if (
      /^(?:await |readFileSync|writeFileSync|spawn|setInterval|setTimeout)/m.test(text) &&
      !/\/(?:main|worker)\.ts$/.test(path)
    )
      say("works at import");
    const lines = text.split("\n").length;
    if (lines > LONGEST) say(`has ${lines} lines, at most ${LONGEST} are wanted`);
    return flaws;
  });
}
