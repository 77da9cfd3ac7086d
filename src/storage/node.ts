/**
 * A local folder as storage in Node.
 *
 * @example Open a store in a folder
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { NodeStorage } from "@purekv/purekv/node";
 * import { assertEquals } from "@std/assert";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "purekv-"));
 * {
 *   await using db = await open(new NodeStorage(folder));
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
 * A local folder as storage, through the built-in modules of Node 22.13 or later.
 *
 * @example
 * ```ts
 * import { verify } from "@purekv/purekv";
 * import { NodeStorage } from "@purekv/purekv/node";
 * import { assertEquals } from "@std/assert";
 *
 * const error = await verify(new NodeStorage("./no/such/folder")).catch((error) => error);
 * assertEquals(error.code, "KV_NOT_FOUND");
 * ```
 */
export class NodeStorage extends LocalFiles {
  /**
   * Creates nothing yet; the folder is created when a store is opened for writing.
   *
   * @param folder Path or `file:` URL of the folder.
   */
  constructor(folder: string | URL) {
    super(folderPath(folder), ensureFolder);
  }
}
