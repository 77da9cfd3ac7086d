// Changes a file of the index, forgets it, and puts it back as it was.
import type { KvEngine, Tuple } from "../../mod.ts";
import { countPlaces } from "./queries.ts";
import { SearchIndex, SearchReader } from "./search_index.ts";
import { check, cutPath, dim, done, plural, time } from "./terminal.ts";

/** Stands in no file, this one included. */
const newWord = `demo_${crypto.randomUUID().replaceAll("-", "_")}`;

/** Leaves the index as it found it. */
export async function changeAndUndo(
  db: KvEngine<Tuple, string>,
): Promise<void> {
  const index = new SearchIndex(db);
  const total = await countPlaces(index);
  const { path, places } = await largestFile(index);
  const text = index.text(path);
  const name = cutPath(path, 30);

  using before = db.snapshot();
  const changedAt = performance.now();
  await index.add(path, `${text}\n${newWord}`);
  done(`${name}: changed, read in again ${since(changedAt)}`);
  await expectTotal(index, total + 1);
  check(await hasNewWord(index), `The new line of ${path} is not found`);
  check(
    !await hasNewWord(new SearchReader(before)),
    "A snapshot sees a later change",
  );
  done("the new word is found, but not by a snapshot taken before");

  const removedAt = performance.now();
  const entries = await index.remove(path);
  done(
    `${name}: ${plural(entries, "entry", "entries")} deleted in one batch ${
      since(removedAt)
    }`,
  );
  await expectTotal(index, total - places);
  check(index.text(path) === "", `Lines of ${path} are still there`);
  check(
    await countPlaces(new SearchReader(before)) === total,
    "A snapshot has lost what was deleted later",
  );

  await index.add(path, text);
  await expectTotal(index, total);
  check(index.text(path) === text, `${path} is not what it was`);
  done(`${name}: put back, byte for byte as it was`);
}

/** The file with the most places. */
async function largestFile(
  index: SearchIndex,
): Promise<{ path: string; places: number }> {
  let largest = { path: "", places: -1 };
  for await (const [path, { places }] of index.files()) {
    if (places > largest.places) largest = { path, places };
  }
  return largest;
}

async function hasNewWord(index: SearchReader): Promise<boolean> {
  for await (const _place of index.places(newWord)) return true;
  return false;
}

async function expectTotal(
  index: SearchReader,
  expected: number,
): Promise<void> {
  const total = await countPlaces(index);
  check(total === expected, `There are ${total} places, not ${expected}`);
}

function since(startedAt: number): string {
  return dim(`(${time(performance.now() - startedAt)})`);
}
