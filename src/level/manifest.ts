import { refuseNoStorage } from "../engine/storage_check.ts";
import { isPath } from "../storage/local_storage.ts";
import { MemoryStorage } from "../storage/memory.ts";
import type { Storage } from "../storage/storage.ts";

/** What abstract-level tells users and modules of the features there are. */
export function manifestOf(location: string | URL | Storage) {
  if (!isPath(location)) refuseNoStorage(location, "open");
  return {
    implicitSnapshots: true,
    explicitSnapshots: true,
    has: true,
    getSync: isPath(location) || location.synchronous,
    seek: true,
    permanence: !(location instanceof MemoryStorage),
    createIfMissing: true,
    errorIfExists: true,
    encodings: { utf8: true, buffer: true, view: true },
    signals: { iterators: true },
  };
}
