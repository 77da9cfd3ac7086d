import type { KvReader } from "../../mod.ts";
import { violate } from "./failure.ts";
import type { Entry } from "./history.ts";
import type { Face } from "./workloads.ts";

/** Fails unless a scan of everything finds just these entries. */
export async function expectEntries(
  reader: KvReader<unknown, unknown>,
  entries: readonly Entry[],
  { face, reverse, sync, what }: {
    readonly face: Face;
    readonly reverse: boolean;
    /** Whether to scan without promises. */
    readonly sync: boolean;
    readonly what: string;
  },
): Promise<void> {
  const found: Entry[] = [];
  const note = ([key, value]: [unknown, unknown]) => {
    found.push([face.textOfKey(key), face.textOfValue(value)]);
  };
  if (sync) { for (const entry of reader.scanSync({ reverse })) note(entry); }
  else for await (const entry of reader.scan({ reverse })) note(entry);
  if (reverse) found.reverse();
  if (areSame(found, entries)) return;
  violate(`${what}: found ${show(found)}, expected ${show(entries)}`);
}

/** Fails unless look-ups of these keys find what is among the entries. */
export async function expectValues(
  reader: KvReader<unknown, unknown>,
  entries: readonly Entry[],
  { face, keys, sync, what }: {
    readonly face: Face;
    readonly keys: Iterable<string>;
    /** Whether to look up without promises. */
    readonly sync: boolean;
    readonly what: string;
  },
): Promise<void> {
  const expected = new Map(entries);
  for (const key of keys) {
    const value = sync
      ? reader.getSync(face.key(key))
      : await reader.get(face.key(key));
    const found = value === undefined ? undefined : face.textOfValue(value);
    if (found === expected.get(key)) continue;
    violate(`${what}: ${key} is ${found}, expected ${expected.get(key)}`);
  }
}

function areSame(one: readonly Entry[], other: readonly Entry[]): boolean {
  return one.length === other.length &&
    one.every(([key, value], i) =>
      key === other[i]![0] && value === other[i]![1]
    );
}

function show(entries: readonly Entry[]): string {
  const texts = entries.map(([key, value]) => `${key}=${value.slice(0, 12)}`);
  return `{${texts.join(", ")}}`;
}
