// Uses a folder with the permissions that it was started with, and prints what
// came of it. Arguments: the adapter, the folder, "read" or "write".
import process from "node:process";
import { KvError } from "../../src/errors.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import type { Storage } from "../../src/storage/storage.ts";

const [adapter, folder, use] = process.argv.slice(2) as string[];

try {
  const storage = await connect();
  const lock = await storage.lock({ shared: use === "read" });
  if (use === "write") await write(storage);
  const reader = await storage.open("b");
  const bytes = new Uint8Array(reader.size);
  await reader.readAt(bytes, 0);
  await reader.close();
  await lock.release();
  console.log(`${await storage.list()}: ${bytes}`);
} catch (error) {
  if (!(error instanceof KvError)) throw error;
  console.log("failure" in error ? error.failure : error.code);
}

async function connect(): Promise<Storage> {
  if (adapter === "NodeStorage") return new NodeStorage(folder!);
  // Only if asked for: it brings @std in.
  const { DenoStorage } = await import("../../src/storage/deno.ts");
  return new DenoStorage(folder!);
}

async function write(storage: Storage): Promise<void> {
  const writer = await storage.create("a");
  await writer.append(Uint8Array.of(1, 2, 3));
  await writer.sync();
  await writer.close();
  await storage.rename("a", "b");
  await (await storage.create("c")).close();
  await storage.remove("c");
  await storage.syncDirectory();
}
