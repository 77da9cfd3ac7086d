// Runs the examples of modules of the Level world and opens what they leave.
import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import "../std/register_bun.ts";
import { tempDir } from "../support/temp_dir.ts";

const { askGraph, countGraph } = await import("../../examples/level/graph.ts");
const { indexedBooks, searchBooks } = await import(
  "../../examples/level/search_index.ts"
);

test("A search index for Level works on PureLevel, and again after reopening", async () => {
  await using dir = tempDir();
  assertEquals(await searchBooks(dir.path), [
    "Shelley: Frankenstein, The Last Man",
    "Austen in 1817: Persuasion",
    "1815 or 1826: Emma, The Last Man",
    "not Austen: Frankenstein, The Last Man",
    "before 1818: Emma, Persuasion",
    "Shelley again: The Last Man",
  ]);
  assertEquals(
    await indexedBooks(dir.path),
    "Emma, Persuasion, The Last Man",
  );
});

test("A graph store for Level works on PureLevel, and again after reopening", async () => {
  await using dir = tempDir();
  assertEquals(await askGraph(dir.path), [
    "Ada knows Charles, Mary",
    "Ada is known by Charles, Mary",
    "then Ada knows Caroline, Charles",
    "and is known by Mary",
  ]);
  assertEquals(await countGraph(dir.path), 4);
});
