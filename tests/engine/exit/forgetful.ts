// Writes to a store and forgets to close it. Nothing but the store is left that
// could keep the process from ending.
import process from "node:process";
import { open } from "../../../mod.ts";

// Enough to start a worker, which must not keep the process either.
const db = await open(process.argv[2]!, { memtableSize: 2 ** 21 });
const value = "value ".repeat(100);
for (let i = 0; i < 10_000; i++) void db.put(`key ${i}`, value);
await db.sync();
await db.scan().next();
db.snapshot();
console.log("written");
