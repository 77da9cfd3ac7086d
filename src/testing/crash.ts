import { applyChange, Content, Disk, type NameChange } from "./disk.ts";
import type { Random } from "./random.ts";

/**
 * How much unsynced work survives a crash. What was synced always does.
 *
 * - `"synced"`: nothing else.
 * - `"written"`: everything, as when only the process is killed. It is no more durable than before:
 *   another crash can still lose it.
 * - `"blocks"`: some of the unsynced 4 KiB blocks of each file, whole or up to any byte; the others
 *   become zeros.
 * - `"torn"`: each file up to any byte of its unsynced tail.
 * - `"reordered"`: the unsynced tail of each file wholly or not at all, and any subset of the name
 *   changes, in any order.
 * - `"garbage"`: each file up to any byte of its unsynced tail, and then zeros, random bytes or
 *   bytes of another file; in synced preallocated space, zeros.
 *
 * Unless stated otherwise, name changes (create, rename, remove) survive in order, up to any of
 * them.
 */
export type Survival =
  | "synced"
  | "written"
  | "blocks"
  | "torn"
  | "reordered"
  | "garbage";

/** What survives a power failure. */
export type PowerLoss = Exclude<Survival, "written">;

/** All kinds of {@linkcode Survival}. */
export const survivals: readonly Survival[] = [
  "synced",
  "written",
  "blocks",
  "torn",
  "reordered",
  "garbage",
];

/** File systems write data back in blocks of this size. */
const BLOCK_BYTES = 4096;

/** The most garbage behind the end of a file, in bytes. */
const MOST_GARBAGE_BYTES = 2 * BLOCK_BYTES;

/** How many of the newest changes of names are tried in every order. */
const MOST_REORDERED = 4;

/** The disk that a crash leaves of `disk`. */
export function survivorOf(
  disk: Disk,
  survival: Survival,
  random: Random,
): Disk {
  if (survival === "written") {
    const same = new Disk(disk);
    same.forgetUnnamed();
    return same;
  }
  const names = new Map(disk.durableNames);
  for (const change of survivingChanges(disk.pending, survival, random)) {
    applyChange(names, change);
  }
  return withNames(disk, names, { survival, random });
}

/**
 * The disks that a crash can leave of `disk` when any of the changed names survive, in any order.
 * Of more than four changes, those before the last four are taken as done.
 */
export function* directoryOutcomes(
  disk: Disk,
  survival: PowerLoss,
  random: Random,
): Generator<Disk> {
  const settled = new Map(disk.durableNames);
  const newest = disk.pending.slice(-MOST_REORDERED);
  for (const change of disk.pending.slice(0, -MOST_REORDERED)) {
    applyChange(settled, change);
  }
  const seen: Map<string, Content>[] = [];
  for (const changes of arrangements(newest)) {
    const names = new Map(settled);
    for (const change of changes) applyChange(names, change);
    if (seen.some((other) => isSame(other, names))) continue;
    seen.push(names);
    yield withNames(disk, names, { survival, random });
  }
}

/** Every choice of `items` in every order, beginning with none of them. */
function* arrangements<T>(items: readonly T[]): Generator<T[]> {
  yield [];
  for (const [i, item] of items.entries()) {
    for (const rest of arrangements(items.toSpliced(i, 1))) {
      yield [item, ...rest];
    }
  }
}

function isSame(
  one: ReadonlyMap<string, Content>,
  other: ReadonlyMap<string, Content>,
): boolean {
  return one.size === other.size &&
    [...one].every(([name, content]) => other.get(name) === content);
}

function survivingChanges(
  pending: readonly NameChange[],
  survival: PowerLoss,
  random: Random,
): readonly NameChange[] {
  if (survival === "synced") return [];
  const count = random.below(pending.length + 1);
  if (survival !== "reordered") return pending.slice(0, count);
  return random.shuffle(pending).slice(0, count);
}

/** A disk with these names and what survives of their files, all of it durable. */
function withNames(
  disk: Disk,
  names: ReadonlyMap<string, Content>,
  how: { readonly survival: PowerLoss; readonly random: Random },
): Disk {
  const survivor = new Disk();
  const contents = new Map<Content, Content>();
  for (const [name, content] of names) {
    const surviving = contents.get(content) ??
      survivingContent(disk, content, how);
    contents.set(content, surviving);
    survivor.plant(name, surviving);
  }
  return survivor;
}

function survivingContent(
  disk: Disk,
  content: Content,
  { survival, random }: {
    readonly survival: PowerLoss;
    readonly random: Random;
  },
): Content {
  const { size, synced, syncedRoom, lost } = disk.file(content);
  const written = withoutLost(content.bytes(size), lost);
  const survived = (bytes: Uint8Array) =>
    Content.of(withRoom(bytes, syncedRoom));
  const tail = size - synced;
  if (tail === 0) return survived(written);
  switch (survival) {
    case "synced":
      return survived(written.subarray(0, synced));
    case "torn":
      return survived(written.subarray(0, synced + random.below(tail + 1)));
    case "reordered":
      return survived(random.flip() ? written : written.subarray(0, synced));
    case "blocks":
      return survived(inBlocks(written, synced, random));
    case "garbage": {
      const kept = written.subarray(0, synced + random.below(tail + 1));
      // Where there was room, blocks are the file's own.
      if (size <= syncedRoom) return survived(kept);
      const others = [...disk.names.values()].filter((c) => c !== content)
        .map((other) => other.bytes(disk.file(other).size));
      const own = withRoom(kept, syncedRoom);
      return Content.of(withGarbage(own, others, random));
    }
  }
}

/** Room that was made for appends, durably, holds zeros where they have not come to. */
function withRoom(bytes: Uint8Array, room: number): Uint8Array {
  if (bytes.length >= room) return bytes;
  const whole = new Uint8Array(room);
  whole.set(bytes);
  return whole;
}

/** What failed syncs have let go of is zeros on the medium. */
function withoutLost(
  bytes: Uint8Array,
  lost: readonly { readonly start: number; readonly end: number }[],
): Uint8Array {
  if (lost.length === 0) return bytes;
  const copy = bytes.slice();
  for (const { start, end } of lost) copy.fill(0, start, end);
  return copy;
}

/**
 * Lets each block that reaches past `synced` survive whole, up to any byte, or not; so it may be
 * with the size of the file.
 */
function inBlocks(
  written: Uint8Array,
  synced: number,
  random: Random,
): Uint8Array {
  const copy = written.slice();
  let start = synced;
  while (start < copy.length) {
    const end = Math.min(
      copy.length,
      (Math.floor(start / BLOCK_BYTES) + 1) * BLOCK_BYTES,
    );
    const kept = random.pick([0, end - start, random.below(end - start)]);
    copy.fill(0, start + kept, end);
    start = end;
  }
  const isWholeSize = random.below(4) > 0;
  const tail = copy.length - synced;
  return isWholeSize ? copy : copy.subarray(0, synced + random.below(tail + 1));
}

/** Blocks that are given to a file may still hold what another one had there. */
function withGarbage(
  kept: Uint8Array,
  others: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  const count = 1 + random.below(MOST_GARBAGE_BYTES);
  const grown = new Uint8Array(kept.length + count);
  grown.set(kept);
  const garbage = grown.subarray(kept.length);
  const kind = random.pick(["zeros", "random", "stale"]);
  if (kind === "random") random.fill(garbage);
  const [first, ...rest] = others;
  if (kind === "stale" && first !== undefined) {
    const other = random.pick([first, ...rest]);
    const start = random.below(other.length + 1);
    garbage.set(other.subarray(start, start + garbage.length));
  }
  return grown;
}
