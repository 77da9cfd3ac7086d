// A search index on purekv: fergies-inverted-index, unchanged, is given the
// class PureLevel in the place of the database that it would take by itself.
//
//   deno run -A examples/level/search_index.ts ./books
//
// In a project of your own:
//
//   import { PureLevel } from "@purekv/purekv/level";
//
// The entry for browsers is the one that loads no native addon.
import { InvertedIndex } from "fergies-inverted-index/src/entrypoints/browser.js";
import process from "node:process";
import { PureLevel } from "../../src/level/level.ts";

const books = [
  { _id: 1, title: "Emma", author: "Austen", year: 1815 },
  { _id: 2, title: "Persuasion", author: "Austen", year: 1817 },
  { _id: 3, title: "Frankenstein", author: "Shelley", year: 1818 },
  { _id: 4, title: "The Last Man", author: "Shelley", year: 1826 },
];

/** Makes the index in a folder and returns what a few searches find. */
export async function searchBooks(folder: string): Promise<string[]> {
  await using index = await openIndex(folder);
  const { AND, DELETE, GET, NOT, OR, PUT } = index;
  await PUT(structuredClone(books));
  const found = [
    `Shelley: ${titles(await AND(["author:Shelley"]))}`,
    `Austen in 1817: ${
      titles(await AND(["author:Austen", years(1817, 1817)]))
    }`,
    `1815 or 1826: ${titles(await OR([years(1815, 1815), years(1826, 1826)]))}`,
    `not Austen: ${
      titles(await NOT(await GET({ FIELD: ["author"] }), "author:Austen"))
    }`,
    `before 1818: ${titles(await GET(years(1800, 1817)))}`,
  ];
  await DELETE([3]);
  return [...found, `Shelley again: ${titles(await AND(["author:Shelley"]))}`];
}

/** Opens an index that is there and tells which books it has. */
export async function indexedBooks(folder: string): Promise<string> {
  await using index = await openIndex(folder);
  return titles(await index.AND([{ FIELD: ["author"] }]));
}

async function openIndex(folder: string) {
  const index = new InvertedIndex({ Level: PureLevel, name: folder });
  await new Promise((resolve) => index.EVENTS.once("ready", resolve));
  return {
    ...index,
    [Symbol.asyncDispose]: () => index.STORE.close() as Promise<void>,
  };
}

/** A token of strings, as `author:Austen`, never means a number. */
function years(first: number, last: number) {
  return { FIELD: ["year"], VALUE: { GTE: first, LTE: last } };
}

function titles(found: { readonly _id: number }[]): string {
  return found.map(({ _id }) => _id).sort()
    .map((id) => books.find((book) => book._id === id)!.title).join(", ");
}

if (import.meta.main) {
  const [, , folder = "books"] = process.argv;
  for (const line of await searchBooks(folder)) console.log(line);
}
