import { CASE, type Inspection } from "../case/inspection.ts";
import { isCase, type Manifest, manifestOf } from "../case/manifest.ts";
import { sayError } from "../errors.ts";
import type { CaseModule } from "./messages.ts";

export interface LoadedCase {
  readonly manifest: Manifest;
  readonly file: string;
  /** Undefined for a probe. */
  readonly definition?: Inspection;
}

/** The cases that a module exports, by whatever names, alone or in lists. One that is wrong does not hold up the others. */
export async function loadCases({
  url,
  file,
  version,
}: CaseModule): Promise<{ cases: LoadedCase[]; broken: { file: string; message: string }[] }> {
  const cases: LoadedCase[] = [];
  const broken: { file: string; message: string }[] = [];
  let exported: unknown[];
  try {
    exported = [...new Set(Object.values((await import(url)) as object))].flat();
  } catch (e) {
    return { cases, broken: [{ file, message: `${file} cannot be loaded: ${sayError(e)}` }] };
  }
  const found = exported.filter(isCase);
  if (found.length === 0)
    broken.push({ file, message: `${file} exports no case; write export default inspection({ … })` });
  for (const definition of found) {
    try {
      const manifest = manifestOf(definition, file, version);
      if (cases.some((one) => one.manifest.name === manifest.name))
        throw new Error(`${file}: name: "${manifest.name}" is taken by another case; give this one its own`);
      cases.push({
        manifest,
        file,
        ...(definition[CASE] === "inspection" && { definition: definition as Inspection }),
      });
    } catch (e) {
      broken.push({ file, message: sayError(e) });
    }
  }
  return { cases, broken };
}
