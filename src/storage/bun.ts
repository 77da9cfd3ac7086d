/**
 * A local folder as storage in Bun.
 *
 * @example Open a store in a folder
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { BunStorage } from "@purekv/purekv/bun";
 * import { assertEquals } from "@std/assert";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "purekv-"));
 * {
 *   await using db = await open(new BunStorage(folder));
 *   await db.put("greeting", "hello");
 *   assertEquals(await db.get("greeting"), "hello");
 * }
 * await rm(folder, { recursive: true });
 * ```
 *
 * @module
 */
import { LocalFiles } from "./local_files.ts";
import { ensureFolder, folderPath } from "./local_folder.ts";

export type { LocalFiles };

/**
 * A local folder as storage, through Bun's built-in node: modules.
 *
 * On macOS, a sync in Bun does not flush the drive's own cache, as it does in Deno and Node: a
 * power failure may lose acknowledged writes.
 *
 * @example
 * ```ts
 * import { verify } from "@purekv/purekv";
 * import { BunStorage } from "@purekv/purekv/bun";
 * import { assertEquals } from "@std/assert";
 *
 * const error = await verify(new BunStorage("./no/such/folder")).catch((error) => error);
 * assertEquals(error.code, "KV_NOT_FOUND");
 * ```
 */
export class BunStorage extends LocalFiles {
  /**
   * Creates nothing yet; the folder is created when a store is opened for writing.
   *
   * @param folder Path or `file:` URL of the folder.
   */
  constructor(folder: string | URL) {
    super(folderPath(folder), ensureFolder);
  }
}
