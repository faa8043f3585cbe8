/** Two cases of one name cannot both run: the first stays, and the other is told of. */
export function uniqueCases<M extends { readonly name: string }>(
  cases: readonly { readonly manifest: M; readonly file: string }[],
  tell: (message: string) => void,
): M[] {
  const taken = new Map<string, string>();
  return cases.flatMap(({ manifest, file }) => {
    const other = taken.get(manifest.name);
    if (other !== undefined) {
      tell(`${file}: name: "${manifest.name}" is taken by ${other}; give this case a name of its own.`);
      return [];
    }
    taken.set(manifest.name, file);
    return [manifest];
  });
}
