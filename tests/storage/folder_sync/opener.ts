// Opens a store and lists the folders that were synced meanwhile.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import process from "node:process";

const synced = new Set<string>();
const { fsyncSync } = fs;
fs.fsyncSync = (fd) => {
  synced.add(fs.readlinkSync(`/proc/self/fd/${fd}`));
  fsyncSync(fd);
};
syncBuiltinESMExports();
const { open } = await import("../../../mod.ts");
const db = await open(process.argv[2]!);
await db.put("a", "1");
await db.close();
console.log(JSON.stringify([...synced]));
