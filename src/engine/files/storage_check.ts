import { invalidArgument } from "../../errors.ts";
import { shown } from "../../option_values.ts";
import type { Awaitable } from "../../storage/awaitable.ts";
import type { Storage } from "../../storage/storage.ts";

/** Finds the storage for a place: a path or a `file:` URL, or the storage itself. */
export type StorageAt = (
  location: string | URL | Storage,
) => Awaitable<Storage>;

const STORAGE_METHODS = ["lock", "list", "open", "create", "rename", "remove"]
  .concat("syncDirectory") as (keyof Storage)[];

/**
 * Refuses what is no storage, as it comes from callers without types; `action` is what could not be
 * done there.
 */
export function refuseNoStorage(storage: Storage, action: string): void {
  const isStorage = typeof storage === "object" && storage !== null &&
    STORAGE_METHODS.every((name) => typeof storage[name] === "function");
  if (isStorage) return;
  throw invalidArgument(
    `Cannot ${action} ${
      shown(storage)
    }: expected a path, a file: URL or a storage with ${
      STORAGE_METHODS.join(", ")
    }${typeof storage === "function" ? "; make one with new" : ""}`,
  );
}
