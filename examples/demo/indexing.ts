// Takes the files of a folder into the index and shows how far that is.
import type { KvEngine, Tuple } from "../../mod.ts";
import { SearchIndex } from "./search_index.ts";
import {
  check,
  count,
  cutPath,
  done,
  note,
  plural,
  ProgressLine,
  rate,
  size,
  time,
} from "./terminal.ts";
import { listFiles, readText, type SkippedFile } from "./text_files.ts";

const shownNotes = 5;

/** Brings the index up to date with the files below `folder`. */
export async function indexFolder(
  db: KvEngine<Tuple, string>,
  folder: string,
): Promise<void> {
  const index = new SearchIndex(db);
  const skipped: SkippedFile[] = [];
  const files = listFiles(folder, db.location, skipped);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = new ProgressLine("Indexing");
  const startedAt = performance.now();
  const present = new Set<string>();
  let unchanged = 0;
  let bytesDone = 0;
  let places = 0;
  for (const { path, bytes } of files) {
    const text = readText(folder, path, skipped);
    if (text !== undefined) {
      const added = await index.add(path, text);
      present.add(path);
      places += added ?? 0;
      if (added === undefined) unchanged++;
    }
    bytesDone += bytes;
    const words = `${count(places)} words`;
    const speed = rate(places, performance.now() - startedAt);
    progress.show(
      bytesDone / totalBytes,
      `${present.size}/${files.length} files · ${words} · ${speed}`,
    );
  }
  for await (const [path] of index.files()) {
    if (!present.has(path)) await index.remove(path);
  }
  // Files were acknowledged before they had reached the disk; now they have.
  await db.sync();
  const elapsed = performance.now() - startedAt;
  progress.clear();
  check(present.size > 0, `There is no text file in ${folder}`);
  done(
    `${plural(present.size, "file")}, ${size(totalBytes)}, ${
      plural(places, "place")
    } of words in ${time(elapsed)}`,
  );
  if (places > 0) done(`${rate(places, elapsed)}, one batch a file`);
  if (unchanged > 0) done(`${plural(unchanged, "file")} had not changed`);
  for (const { path, reason } of skipped.slice(0, shownNotes)) {
    note(`${cutPath(path, 40)} left out: ${reason}`);
  }
  if (skipped.length > shownNotes) {
    note(`${skipped.length - shownNotes} more left out`);
  }
}
