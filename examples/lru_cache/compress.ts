// Compresses the files of a folder as well as it can, which is slow, and only
// once: see README.md.
//
// In a project of your own:
//
//   import { open } from "@purekv/purekv";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import { open } from "../../mod.ts";
import { LruCache } from "./cache.ts";

const [folder = ".", store = "./compressed", maxMiB = "64"] = process.argv
  .slice(2);

await using db = await open(store, { sync: false });
const cache = await LruCache.open(db, Number(maxMiB) * 1024 * 1024);

const compress = promisify(brotliCompress);
let before = 0;
let after = 0;
for (const name of readdirSync(folder).sort()) {
  let content: Uint8Array;
  try {
    content = readFileSync(join(folder, name));
  } catch {
    continue; // A folder, or nothing that may be read.
  }
  // By the content, not the name: a file that changes is another one.
  const hash = createHash("sha256").update(content).digest("base64url");
  const packed = await cache.getOrLoad(hash, () => compress(content));
  before += content.length;
  after += packed.length;
}
const { hits, misses, bytes, entries } = cache.stats();
console.log(`${before} bytes became ${after}`);
console.log(`${hits} from the cache, ${misses} compressed`);
console.log(`the cache has ${entries} entries of ${bytes} bytes`);
