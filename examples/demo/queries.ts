// Questions to the index, each with the time that its answer took.
import type { Place, SearchReader } from "./search_index.ts";
import {
  check,
  count,
  cut,
  cutPath,
  dim,
  done,
  plural,
  rate,
  time,
} from "./terminal.ts";

const shownPlaces = 3;
const shownWords = 6;

/** Asks a few questions about the words of the index; returns how many places it has. */
export async function ask(index: SearchReader): Promise<number> {
  const { words, places } = await readAll(index);
  const word = commonWord(words);
  const found = await findWord(index, word);
  check(
    found.length === words.get(word),
    `${word} has ${found.length} places, a full scan met ${words.get(word)}`,
  );
  await askForPrefix(index, words, word.slice(0, 3));
  await askForRange(index, words);
  readLines(index, found);
  return places;
}

/** How many places the index has, checked against what it says of its files. */
export async function countPlaces(index: SearchReader): Promise<number> {
  const words = await index.wordsWith("");
  const places = sum(words.values());
  let expected = 0;
  for await (const [, file] of index.files()) expected += file.places;
  check(
    places === expected,
    `A scan meets ${places} places, the files say ${expected}`,
  );
  return places;
}

async function readAll(
  index: SearchReader,
): Promise<{ words: Map<string, number>; places: number }> {
  const startedAt = performance.now();
  const words = await index.wordsWith("");
  const elapsed = performance.now() - startedAt;
  const places = await countPlaces(index);
  answer(
    `every word: ${plural(words.size, "word")}, ${plural(places, "place")}`,
    `${time(elapsed)}, ${rate(places, elapsed)}`,
  );
  return { words, places };
}

async function findWord(index: SearchReader, word: string): Promise<Place[]> {
  const startedAt = performance.now();
  const found = await Array.fromAsync(index.places(word));
  answer(
    `"${cut(word, 30)}": ${plural(found.length, "place")}`,
    time(performance.now() - startedAt),
  );
  for (const { path, line, column } of found.slice(0, shownPlaces)) {
    const place = `${cutPath(path, 34)}:${line}:${column}`;
    const text = index.line(path, line)?.trim() ?? "";
    console.log(`      ${cut(`${place}  ${text}`, 72)}`);
  }
  return found;
}

async function askForPrefix(
  index: SearchReader,
  words: ReadonlyMap<string, number>,
  beginning: string,
): Promise<void> {
  const startedAt = performance.now();
  const found = await index.wordsWith(beginning);
  const elapsed = performance.now() - startedAt;
  const expected = [...words].filter(([word]) => word.startsWith(beginning));
  checkWords(found, expected, `Words with ${beginning}`);
  answer(`words with "${beginning}": ${describe(found)}`, time(elapsed));
  listWords(found);
}

async function askForRange(
  index: SearchReader,
  words: ReadonlyMap<string, number>,
): Promise<void> {
  const startedAt = performance.now();
  const found = await index.wordsBetween("k", "m");
  const elapsed = performance.now() - startedAt;
  const expected = [...words].filter(([word]) => word >= "k" && word < "m");
  checkWords(found, expected, "Words from k to l");
  answer(`words from k to l: ${describe(found)}`, time(elapsed));
  listWords(found);
}

/** Reads the lines in which a word was found, one by one, by their keys. */
function readLines(index: SearchReader, places: readonly Place[]): void {
  const startedAt = performance.now();
  for (const { path, line } of places) {
    check(
      index.line(path, line) !== undefined,
      `Line ${line} of ${path} is missing`,
    );
  }
  const elapsed = performance.now() - startedAt;
  answer(
    `${plural(places.length, "line")} by key, without promises`,
    `${time(elapsed)}, ${rate(places.length, elapsed)}`,
  );
}

function checkWords(
  found: ReadonlyMap<string, number>,
  expected: readonly [string, number][],
  what: string,
): void {
  const isSame = found.size === expected.length &&
    expected.every(([word, places]) => found.get(word) === places);
  check(isSame, `${what} are ${found.size}, expected ${expected.length}`);
}

/** The word of six letters or more that stands in most places, or the most frequent of all. */
function commonWord(words: ReadonlyMap<string, number>): string {
  const byPlaces = [...words].sort(([, a], [, b]) => b - a);
  const longOne = byPlaces.find(([word]) => word.length >= 6) ?? byPlaces[0];
  check(longOne !== undefined, "The files have no words");
  return longOne[0];
}

function answer(question: string, cost: string): void {
  done(`${question} ${dim(`(${cost})`)}`);
}

function describe(words: ReadonlyMap<string, number>): string {
  return `${count(words.size)} in ${plural(sum(words.values()), "place")}`;
}

function listWords(words: ReadonlyMap<string, number>): void {
  if (words.size === 0) return;
  const some = [...words.keys()].slice(0, shownWords).join(", ");
  const more = words.size > shownWords ? ", …" : "";
  console.log(`      ${cut(some + more, 72)}`);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
