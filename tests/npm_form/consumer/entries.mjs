// Uses every entry point that is for this runtime, but for the command line.
import { deepStrictEqual } from "node:assert/strict";
import process from "node:process";
import { open } from "@purekv/purekv";
import { PureLevel } from "@purekv/purekv/level";
import { MemoryStorage } from "@purekv/purekv/memory";
import { FaultStorage } from "@purekv/purekv/testing";

const adapter = process.versions.bun === undefined
  ? (await import("@purekv/purekv/node")).NodeStorage
  : (await import("@purekv/purekv/bun")).BunStorage;

for (
  const storage of [
    new MemoryStorage(),
    new FaultStorage({ seed: 1 }),
    new adapter("./entries"),
  ]
) {
  const db = await open(storage);
  await db.put("a", "1");
  deepStrictEqual(db.getSync("a"), "1");
  await db.close();
}

const level = new PureLevel("./level");
await level.put("a", "1");
deepStrictEqual(await level.get("a"), "1");
await level.close();
