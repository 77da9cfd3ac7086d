// The words of texts, and what an index of them has in a store:
//
//   files    path: what is known of a file
//   places   [word, path]: where the word stands in the file
//   the store itself, under "sum": how many files and words there are
//
// All that belongs to a file changes in one batch, the sum included.
//
// In a project of your own:
//
//   import { json, tuple } from "@purekv/purekv";
//   import type { KvEngine, KvReader, Tuple } from "@purekv/purekv";
import { json, tuple } from "../../mod.ts";
import type { KvEngine, KvReader, Tuple } from "../../mod.ts";

/** What the index knows of a file. */
export interface FileEntry {
  /** Tells whether the file has changed. */
  readonly stamp: string;
  /** How many words it has. */
  readonly length: number;
  /** The words, so that they can be removed without the file as it was. */
  readonly words: readonly string[];
}

/** Where a word stands in a file: its places among the words of the file, from 0. */
export type Places = readonly number[];

/** What ranking needs to know of all files. */
export interface Sum {
  readonly files: number;
  readonly words: number;
}

/** The codecs of the store. */
export const sums = { values: json<Sum>() };

/** The keyspaces of an index. */
export function keyspacesOf(db: KvEngine<string, Sum>) {
  return {
    files: db.keyspace("files", { values: json<FileEntry>() }),
    places: db.keyspace("places", { keys: tuple, values: json<Places>() }),
  };
}

/** An index as of one moment. */
export interface IndexReader {
  readonly sums: KvReader<string, Sum>;
  readonly files: KvReader<string, FileEntry>;
  readonly places: KvReader<Tuple, Places>;
}

/** The words of a text, in order, in lower case and without accents. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return Array.from(plain.matchAll(/[\p{L}\p{N}_]{1,64}/gu), ([word]) => word);
}

/** The sum, as of now or of a snapshot. */
export function sumOf(reader: KvReader<string, Sum>): Sum {
  return reader.getSync("sum") ?? { files: 0, words: 0 };
}
