import { isDeepStrictEqual } from "node:util";
import { json, type KvEngine } from "../../../mod.ts";

const BATCH = 1000;

/** Puts all entries into a new store and makes them durable. Returns how many there are. */
export async function copyAll<K, V>(
  entries: Iterable<readonly [K, V]> | AsyncIterable<readonly [K, V]>,
  db: KvEngine<K, V>,
): Promise<number> {
  let count = 0;
  let batch = db.batch();
  for await (const [key, value] of entries) {
    batch.put(key, value);
    count++;
    if (batch.size < BATCH) continue;
    // Until the end nobody relies on the copy, so no batch waits for the disk.
    await batch.commit({ sync: false });
    batch = db.batch();
  }
  await batch.commit({ sync: false });
  await db.sync();
  return count;
}

const codec = json<unknown>();

/**
 * Refuses a value that JSON would not give back as it is: a `Date`, a `Map`, bytes, `undefined` in
 * an object.
 */
export function checkJson(value: unknown, key: unknown): void {
  const encoded = codec.encode(value);
  if (isDeepStrictEqual(codec.decode(encoded, 0, encoded.length), value)) {
    return;
  }
  throw new Error(`JSON does not carry the value of ${JSON.stringify(key)}`);
}
