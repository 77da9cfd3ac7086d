/**
 * A local folder as storage in Deno.
 *
 * @example Open a store in a folder
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { DenoStorage } from "@purekv/purekv/deno";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using db = await open(new DenoStorage(folder));
 *   await db.put("greeting", "hello");
 *   assertEquals(await db.get("greeting"), "hello");
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */
import { ensureDirSync } from "@std/fs";
import { fromFileUrl, resolve } from "@std/path";
import { LocalFiles } from "./local_files.ts";
import { checkFolder } from "./local_folder.ts";

export type { LocalFiles };

/**
 * A local folder as storage. It needs the permissions to read and to write that
 * folder, and no others: `--allow-read=data --allow-write=data`.
 *
 * @example
 * ```ts
 * import { verify } from "@purekv/purekv";
 * import { DenoStorage } from "@purekv/purekv/deno";
 * import { assertEquals } from "@std/assert";
 *
 * const error = await verify(new DenoStorage("./no/such/folder")).catch((error) => error);
 * assertEquals(error.code, "KV_NOT_FOUND");
 * ```
 */
export class DenoStorage extends LocalFiles {
  /**
   * Creates nothing yet; the folder is created when a store is opened for writing.
   *
   * @param folder Path or `file:` URL of the folder.
   */
  constructor(folder: string | URL) {
    checkFolder(folder);
    super(
      resolve(folder instanceof URL ? fromFileUrl(folder) : folder),
      ensureDirSync,
    );
  }
}
