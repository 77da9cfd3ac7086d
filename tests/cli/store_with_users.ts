import { json, open, tuple } from "../../mod.ts";

/** Makes a store with a key of its own and one in the keyspace `users`, of tuples and JSON. */
export async function makeStoreWithUsers(location: string): Promise<void> {
  await using db = await open(location);
  await db.put("plain", "1");
  const users = db.keyspace("users", { keys: tuple, values: json() });
  await users.put(["a", 1], { name: "Alice" });
}
