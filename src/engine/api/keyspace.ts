import type { Codec } from "../../codec/codec.ts";
import type { KvReader } from "./reader.ts";
import type { KvWriter } from "./writer.ts";

/** The codecs of a keyspace. Its first write fixes them. */
export interface KeyspaceOptions<K, V> {
  /** Encodes keys, and so determines their order. Default `utf8`. */
  readonly keys?: Codec<K>;
  /** Encodes values. Default `utf8`. */
  readonly values?: Codec<V>;
}

/** Reads one keyspace of a store. */
export interface KvKeyspaceReader<K, V> extends KvReader<K, V> {
  /** The name of the keyspace. */
  readonly name: string;
}

/**
 * A named part of a store, with its own keys and codecs. Keyspaces are isolated from one another
 * and from the store's own keys, yet one batch can write to several, and one snapshot can read
 * several.
 *
 * A keyspace is created by the first write to it, even a delete; before that, reads find nothing.
 * Once it is dropped, all calls except those of existing snapshots and scans throw or reject with
 * `KV_CLOSED`; `db.keyspace` then returns a new one of that name.
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
