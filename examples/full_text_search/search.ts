import type { KvEngine } from "../../mod.ts";
import {
  type IndexReader,
  keyspacesOf,
  type Places,
  type Sum,
  sumOf,
  wordsOf,
} from "./words.ts";

/** A file that was found. */
export interface Hit {
  readonly path: string;
  /** The higher the better. */
  readonly score: number;
}

/**
 * One thing that is looked for: words that stand one after the other. The last one may be the
 * beginning of a word.
 */
interface Term {
  readonly words: readonly string[];
  readonly isPrefix: boolean;
}

/** Where a term begins, by file. */
type Found = Map<string, Places>;

// BM25: how soon more of the same word counts for less, and how much long files are held back.
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;

/**
 * The files that have everything asked for, the best first.
 *
 * @param query Words, "whole phrases" and beginnings of words: `store "write ahead" compac*`.
 */
export function search(
  db: KvEngine<string, Sum>,
  query: string,
  limit = 10,
): Hit[] {
  // One state of the index for all of the query, whatever is indexed meanwhile.
  using snapshot = db.snapshot();
  const { files, places } = keyspacesOf(db);
  const reader: IndexReader = {
    sums: snapshot,
    files: snapshot.keyspace(files),
    places: snapshot.keyspace(places),
  };
  const found = parseQuery(query).map((term) => findTerm(reader, term));
  const [first, ...others] = found.sort((a, b) => a.size - b.size);
  if (first === undefined) return [];
  const hits: Hit[] = [];
  for (const path of first.keys()) {
    if (!others.every((places) => places.has(path))) continue;
    hits.push({ path, score: scoreOf(reader, path, found) });
  }
  hits.sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
  return hits.slice(0, limit);
}

function parseQuery(query: string): Term[] {
  const terms: Term[] = [];
  for (const [, phrase, word] of query.matchAll(/"([^"]*)"|(\S+)/g)) {
    const words = wordsOf(phrase ?? word!);
    const isPrefix = word?.endsWith("*") ?? false;
    if (words.length > 0) terms.push({ words, isPrefix });
  }
  return terms;
}

function findTerm(reader: IndexReader, { words, isPrefix }: Term): Found {
  const last = words.length - 1;
  const found = words.map((word, index) =>
    isPrefix && index === last
      ? findBeginning(reader, word)
      : findWord(reader, word)
  );
  const starts: Found = new Map();
  for (const [path, places] of found[0]!) {
    const at = places.filter((place) =>
      found.every((other, index) => other.get(path)?.includes(place + index))
    );
    if (at.length > 0) starts.set(path, at);
  }
  return starts;
}

function findWord(reader: IndexReader, word: string): Found {
  const found: Found = new Map();
  for (const [key, places] of reader.places.scanSync({ prefix: [word] })) {
    found.set(key[1] as string, places);
  }
  return found;
}

/** As {@linkcode findWord}, for all words that begin so. */
function findBeginning(reader: IndexReader, beginning: string): Found {
  const found = new Map<string, number[]>();
  // A prefix of a scan is made of whole parts; all longer words lie before this one.
  const range = { gte: [beginning], lt: [`${beginning}\u{10ffff}`] };
  for (const [key, places] of reader.places.scanSync(range)) {
    const path = key[1] as string;
    const known = found.get(path);
    if (known === undefined) found.set(path, [...places]);
    else known.push(...places);
  }
  return found;
}

/** Rare terms count more, and so do terms that a file has often for its length. */
function scoreOf(
  reader: IndexReader,
  path: string,
  terms: readonly Found[],
): number {
  const { files, words } = sumOf(reader.sums);
  const length = reader.files.getSync(path)!.length / (words / files);
  const held = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length);
  let score = 0;
  for (const term of terms) {
    const count = term.get(path)!.length;
    const rarity = Math.log(1 + (files - term.size + 0.5) / (term.size + 0.5));
    score += rarity * (count * (SATURATION + 1)) / (count + held);
  }
  return score;
}
