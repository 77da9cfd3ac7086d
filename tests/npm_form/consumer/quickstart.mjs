// What the README shows first, as Node 22 takes it.
import { deepStrictEqual } from "node:assert/strict";
import { open } from "@purekv/purekv";

for (const expected of [undefined, "Alice"]) {
  const db = await open("./quickstart");
  deepStrictEqual(await db.get("user:1"), expected);
  await db.put("user:1", "Alice");
  deepStrictEqual(await db.get("user:1"), "Alice");
  await db.close();
}
