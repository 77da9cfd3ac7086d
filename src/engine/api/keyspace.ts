import type { Codec } from "../../codec/codec.ts";
import type { KvReader } from "./reader.ts";
import type { KvWriter } from "./writer.ts";

/** With which codecs a keyspace is used. */
export interface KeyspaceOptions<K, V> {
  /** How keys become bytes, and so how they are ordered. Default `utf8`. */
  readonly keys?: Codec<K>;
  /** How values become bytes. Default `utf8`. */
  readonly values?: Codec<V>;
}

/** What reads one keyspace of a store. */
export interface KvKeyspaceReader<K, V> extends KvReader<K, V> {
  /** The name of the keyspace. */
  readonly name: string;
}

/**
 * A named part of a store, with keys and codecs of its own. Of two keyspaces neither sees the keys
 * of the other, nor does the store itself, and yet one batch writes to several, and one snapshot
 * reads several.
 *
 * A keyspace is made by the first write into it, deletes among them; reads of one that is not there
 * find nothing. Once it is dropped, all calls but those of snapshots and scans that had begun throw
 * or reject with `KV_CLOSED`; `db.keyspace` then answers with a new one of the name.
 *
 * @example
 * ```ts
 * import { json, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * const users = db.keyspace("users", { values: json<{ name: string }>() });
 * const byEmail = db.keyspace("users by email");
 *
 * const batch = db.batch();
 * batch.in(users).put("1", { name: "Alice" });
 * batch.in(byEmail).put("alice@example.org", "1");
 * await batch.commit(); // both or none
 *
 * const id = byEmail.getSync("alice@example.org")!;
 * assertEquals(users.getSync(id), { name: "Alice" });
 * assertEquals(await db.count(), 0);
 * ```
 */
export interface KvKeyspace<K, V>
  extends KvKeyspaceReader<K, V>, KvWriter<K, V> {}
