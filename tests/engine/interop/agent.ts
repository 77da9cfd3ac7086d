// Looks whether a store holds what the steps before this one have written, and
// extends it or leaves it as it is.
//
// Arguments: folder, number of the step, "extend", "leave" or "read"
//   extend  writes in batches and with compaction, and closes the store
//   leave   writes one by one, and ends without closing the store
//   read    opens the store with readOnly
import process from "node:process";
import {
  type Compression,
  json,
  type KvEngine,
  open,
  type Storage,
  tuple,
} from "../../../mod.ts";
import { openLocalStorage } from "../../../src/storage/local_storage.ts";
import { NodeStorage } from "../../../src/storage/node.ts";
import { type Key, type Value, type Write, writesOf } from "./steps.ts";

const [folder, stepText, task] = process.argv.slice(2);
const step = Number(stepText);
const compressions: Compression[] = ["none", "deflate", "zstd"];
const db = await open(await storageAt(folder!), {
  keys: tuple,
  values: json<Value>(),
  readOnly: task === "read",
  memtableSize: 64 * 1024,
  compression: compressions[step % compressions.length]!,
  compaction: { threshold: 3, segmentSize: 32 * 1024, levelSize: 128 * 1024 },
});
const done = db.keyspace("steps", { keys: tuple, values: json<number>() });
await compare(db, step);
switch (task) {
  case "extend":
    await writeBatches(writesOf(step));
    await done.put([step], step);
    await db.compact();
    await compare(db, step + 1);
    await db.close();
    break;
  case "leave":
    await Promise.all(writesOf(step).map(write));
    await done.put([step], step);
    await compare(db, step + 1);
    console.log("done");
    process.exit(0);
    break;
  case "read":
    await db.close();
}
console.log("done");

/**
 * The storage that `open` takes for a path. Deno's needs @std: where that cannot be had, tests in
 * other runtimes do without.
 */
async function storageAt(folder: string): Promise<Storage> {
  try {
    return await openLocalStorage(folder);
  } catch (error) {
    if (process.versions.deno === undefined) throw error;
    console.error(`Deno goes without its adapter: ${error}`);
    return new NodeStorage(folder);
  }
}

async function write([key, value]: Write): Promise<void> {
  if (value === undefined) await db.del(key);
  else await db.put(key, value);
}

async function writeBatches(writes: readonly Write[]): Promise<void> {
  for (let i = 0; i < writes.length; i += 100) {
    const batch = db.batch();
    for (const [key, value] of writes.slice(i, i + 100)) {
      if (value === undefined) batch.del(key);
      else batch.put(key, value);
    }
    await batch.commit();
  }
}

/** Fails if the store is not what the first `steps` steps make. */
async function compare(
  db: KvEngine<Key, Value>,
  steps: number,
): Promise<void> {
  const expected = new Map<string, string>();
  const keys = new Map<string, Key>();
  for (let earlier = 0; earlier < steps; earlier++) {
    for (const [key, value] of writesOf(earlier)) {
      keys.set(nameOf(key), key);
      if (value === undefined) expected.delete(nameOf(key));
      else expected.set(nameOf(key), JSON.stringify(value));
    }
  }
  const found = new Map<string, string>();
  for await (const [key, value] of db.scan()) {
    found.set(nameOf(key), JSON.stringify(value));
  }
  if (found.size !== expected.size) {
    throw new Error(`There are ${found.size} entries, not ${expected.size}`);
  }
  for (const [name, key] of keys) {
    const value = JSON.stringify(db.getSync(key));
    if (
      found.get(name) === expected.get(name) && value === expected.get(name)
    ) {
      continue;
    }
    throw new Error(`${name} is ${value}, not ${expected.get(name)}`);
  }
  const listed = [...done.scanSync()].map(([[step]]) => step).join();
  const all = Array.from({ length: steps }, (_, step) => step).join();
  if (listed !== all) {
    throw new Error(`The keyspace has steps ${listed}, not ${all}`);
  }
}

function nameOf(key: Key): string {
  return tuple.encode(key).join();
}
