import type { Scraped } from "#sdk/serve/scraped.ts";
import type { Shelf } from "./shelf.ts";

/** What is said of records that were set aside. */
export function letterMetrics({ gauge, counter }: Scraped, shelf: Pick<Shelf, "counts" | "waiting">): void {
  counter("dead_letters_total", "Records that were set aside, by the topic that they were of.", ["topic"], (say) => {
    for (const [topic, count] of shelf.counts) say({ topic }, count);
  });
  gauge("dead_letters", "Those of them that were not replayed.", ["topic"], (say) => {
    for (const [topic, count] of shelf.waiting) say({ topic }, count);
  });
}
