import type { KvReader, Tuple } from "../../mod.ts";

// The index in a store, under tuple keys:
//
//   ["file", path]           what is known of a file
//   ["word", word, path]     where the word stands in the file
//   ["sum"]                  files, and words in all of them
//
// All that belongs to a file changes in one batch, the sum included.

/** What the index knows of a file. */
export interface FileEntry {
  readonly type: "file";
  /** Tells whether the file has changed. */
  readonly stamp: string;
  /** How many words it has. */
  readonly length: number;
  /** The words, so that they can be removed without the file as it was. */
  readonly words: readonly string[];
}

/** Where a word stands in a file: its places among the words of the file, from 0. */
export interface WordEntry {
  readonly type: "word";
  readonly places: readonly number[];
}

/** What ranking needs to know of all files. */
export interface SumEntry {
  readonly type: "sum";
  readonly files: number;
  readonly words: number;
}

export type IndexEntry = FileEntry | WordEntry | SumEntry;
export type IndexReader = KvReader<Tuple, IndexEntry>;

/** The words of a text, in order, in lower case and without accents. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return Array.from(plain.matchAll(/[\p{L}\p{N}_]{1,64}/gu), ([word]) => word);
}

/** The sum, as of now or of a snapshot. */
export function sumOf(reader: IndexReader): SumEntry {
  const entry = reader.getSync(["sum"]);
  return entry?.type === "sum" ? entry : { type: "sum", files: 0, words: 0 };
}

/** What is known of a file. */
export function fileOf(
  reader: IndexReader,
  path: string,
): FileEntry | undefined {
  const entry = reader.getSync(["file", path]);
  return entry?.type === "file" ? entry : undefined;
}
