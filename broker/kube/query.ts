/** Adds what is defined to a path's query. */
export function withQuery(path: string, values: Readonly<Record<string, string | number | undefined>>): string {
  const query = Object.entries(values)
    .filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  if (query === "") return path;
  return `${path}${path.includes("?") ? "&" : "?"}${query}`;
}
