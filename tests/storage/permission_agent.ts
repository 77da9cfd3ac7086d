// Uses a folder with the permissions that it was started with, and prints what
// came of it. Arguments: the folder, "read" or "write".
import { KvError } from "../../src/errors.ts";
import { DenoStorage } from "../../src/storage/deno.ts";

const [folder, use] = Deno.args as [string, string];

try {
  const storage = new DenoStorage(folder);
  const lock = storage.lock({ shared: use === "read" });
  if (use === "write") await write(storage);
  const reader = await storage.open("b");
  const bytes = new Uint8Array(reader.size);
  await reader.readAt(bytes, 0);
  await reader.close();
  await lock.release();
  console.log(`${storage.list()}: ${bytes}`);
} catch (error) {
  if (!(error instanceof KvError)) throw error;
  console.log("failure" in error ? error.failure : error.code);
}

async function write(storage: DenoStorage): Promise<void> {
  const writer = storage.create("a");
  await writer.append(Uint8Array.of(1, 2, 3));
  await writer.sync();
  await writer.close();
  storage.rename("a", "b");
  storage.create("c").close();
  storage.remove("c");
  storage.syncDirectory();
}
