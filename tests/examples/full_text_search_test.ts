import { assert, assertEquals } from "@std/assert";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { search } from "../../examples/full_text_search/search.ts";
import { TextIndex } from "../../examples/full_text_search/text_index.ts";
import {
  keyspacesOf,
  type Sum,
  sums,
} from "../../examples/full_text_search/words.ts";
import { type KvEngine, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { runScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleRuntimes } from "./runtimes.ts";

const texts = {
  "kelpie.txt": "The kelpie lives in the loch. A kelpie is a horse of water.",
  "loch.txt": "A loch is a lake. In the loch there is water, and more water.",
  "sub/recipe.md":
    "Crème brûlée: cream, sugar, vanilla. Put it under the grill.",
  "long.txt": `kelpie ${"nothing else ".repeat(200)}`,
};

async function openIndex(files: Readonly<Record<string, string>>) {
  const dir = tempDir();
  for (const [name, text] of Object.entries(files)) write(dir.path, name, text);
  const db = await open(new MemoryStorage(), sums);
  const index = new TextIndex(db);
  const changes = await index.update(dir.path);
  return {
    db,
    index,
    changes,
    folder: dir.path,
    found: (query: string) => search(db, query).map(({ path }) => path),
    async [Symbol.asyncDispose]() {
      await db.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

test("Search finds the files that have everything asked for, the best first", async () => {
  await using it = await openIndex(texts);
  assertEquals(it.changes, { added: 4, changed: 0, removed: 0, unchanged: 0 });
  // Twice in a short text is more than once in a long one.
  assertEquals(it.found("kelpie"), ["kelpie.txt", "long.txt"]);
  assertEquals(it.found("water"), ["loch.txt", "kelpie.txt"]);
  assertEquals(it.found("kelpie water"), ["kelpie.txt"]);
  assertEquals(it.found("CREME Brulee"), ["sub/recipe.md"]);
  for (const nothing of ["", "  ", '""', "*", "absent", "kelpie absent"]) {
    assertEquals(it.found(nothing), [], nothing);
  }
});

test("Search finds phrases and beginnings of words", async () => {
  await using it = await openIndex(texts);
  assertEquals(it.found('"the loch"'), ["kelpie.txt", "loch.txt"]);
  assertEquals(it.found('"loch the"'), []);
  assertEquals(it.found('"horse of water"'), ["kelpie.txt"]);
  assertEquals(it.found("va*"), ["sub/recipe.md"]);
  assertEquals(it.found('kel* "more water"'), []);
  assertEquals(it.found('lo* "more water"'), ["loch.txt"]);
});

test("Index takes over what has changed, and nothing is left of what was", async () => {
  await using it = await openIndex(texts);
  write(it.folder, "loch.txt", "A lake is a lake");
  // Of the same length as before, and a later time.
  const recipe = texts["sub/recipe.md"].replace("sugar", "spice");
  write(it.folder, "sub/recipe.md", recipe);
  const later = new Date(Date.now() + 10_000);
  utimesSync(join(it.folder, "sub/recipe.md"), later, later);
  rmSync(join(it.folder, "kelpie.txt"));
  write(it.folder, "new.txt", "A loch");
  assertEquals(await it.index.update(it.folder), {
    added: 1,
    changed: 2,
    removed: 1,
    unchanged: 1,
  });
  assertEquals(it.found("loch"), ["new.txt"]);
  assertEquals(it.found("sugar"), []);
  assertEquals(it.found("spice"), ["sub/recipe.md"]);
  const anew = await openIndex({});
  await anew.index.update(it.folder);
  assertEquals(contentOf(it.db), contentOf(anew.db));
  await anew[Symbol.asyncDispose]();
  rmSync(join(it.folder, "sub"), { recursive: true });
  for (const name of ["loch.txt", "long.txt", "new.txt"]) {
    rmSync(join(it.folder, name));
  }
  await it.index.update(it.folder);
  assertEquals(contentOf(it.db), {
    sums: [["sum", { files: 0, words: 0 }]],
    files: [],
    places: [],
  });
});

test("Index leaves out what is no text, and hidden folders", async () => {
  await using it = await openIndex({
    "binary": "kelpie\0",
    ".git/config": "kelpie",
    "node_modules/a/b.js": "kelpie",
    "empty.txt": "",
  });
  assertEquals(it.changes.added, 1);
  assertEquals(it.found("kelpie"), []);
});

for (const runtime of exampleRuntimes()) {
  test(`Example full_text_search/main.ts indexes and searches in ${runtime.name}`, async () => {
    await using it = await openIndex(texts);
    await using store = tempDir();
    const script = new URL(
      "../../examples/full_text_search/main.ts",
      import.meta.url,
    );
    for (const [first, last] of [["4 added", "0"], ["0 added", "4"]]) {
      const { code, stdout, stderr } = await runScript(runtime, script, {
        args: [it.folder, join(store.path, "index"), 'kel* "horse of"'],
      });
      assertEquals([code, stderr], [0, ""]);
      const [changes, hit] = stdout.split("\n");
      assertEquals(
        changes,
        `${first}, 0 changed, 0 removed, ${last} as before`,
      );
      assert(/^\d+\.\d{3} kelpie\.txt$/.test(hit!), hit);
    }
  });
}

/** All that an index has in its store. */
function contentOf(db: KvEngine<string, Sum>) {
  const { files, places } = keyspacesOf(db);
  return {
    sums: [...db.scanSync()],
    files: [...files.scanSync()],
    places: [...places.scanSync()],
  };
}

function write(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
}
