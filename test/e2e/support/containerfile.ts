/** What a Containerfile of ours says: the last stage's words, those with a list as lists. */
export interface Containerfile {
  readonly base: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: readonly string[];
  readonly env: readonly string[];
  readonly copies: readonly string[];
  readonly workdir: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
}

/** @throws where a word stands in it that is not known here: what is built otherwise would be another image */
export function readContainerfile(text: string): Containerfile {
  const read = {
    args: {} as Record<string, string>,
    labels: [] as string[],
    env: [] as string[],
    copies: [] as string[],
  };
  const one: Record<string, string> = {};
  for (const line of text.replace(/\\\n\s*/g, " ").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, word = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (word === "ARG") read.args[rest.split("=")[0]!] = rest.slice(rest.indexOf("=") + 1);
    else if (word === "LABEL") read.labels.push(...[...rest.matchAll(/(\S+?)="/g)].map(([, label]) => label!));
    else if (word === "ENV") read.env.push(rest);
    else if (word === "COPY") read.copies.push(rest);
    else if (["FROM", "WORKDIR", "USER", "ENTRYPOINT"].includes(word)) one[word] = rest;
    else throw new Error(`a Containerfile says "${line}", which the test bed cannot do`);
  }
  const { FROM: base = "", WORKDIR: workdir = "/", USER: user = "", ENTRYPOINT: entrypoint = "[]" } = one;
  return { ...read, base, workdir, user, entrypoint: JSON.parse(entrypoint) as string[] };
}
