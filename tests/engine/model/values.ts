import { below, seeded } from "../../codec/random.ts";

const PAGE_CHARACTERS = 1 << 20;

/** Text that compresses as text does. */
const PAGE = makePage();

/**
 * A value that tells which operation wrote it: mostly short, now and then empty, long, or longer
 * than a MemTable of the least size.
 */
export function randomValue(
  random: () => number,
  operation: number,
  scale = 1,
): string {
  const roll = random();
  if (roll < 0.03) return "";
  const length = scale *
    (roll < 0.9
      ? below(random, 60)
      : roll < 0.998
      ? below(random, 700)
      : roll < 0.9998
      ? below(random, 9_000)
      : below(random, 80_000));
  const start = below(random, PAGE_CHARACTERS - length);
  return `${operation}:${PAGE.slice(start, start + length)}`;
}

function makePage(): string {
  const random = seeded(1);
  const words = Array.from(
    { length: 200 },
    () => random().toString(36).slice(2, 4 + below(random, 7)),
  );
  let page = "";
  while (page.length < PAGE_CHARACTERS) {
    page += `${words[below(random, words.length)]} `;
  }
  return page.slice(0, PAGE_CHARACTERS);
}
