import type { MemTable } from "../memtable/memtable.ts";
import type { LiveVersion } from "./live_version.ts";

/** All that a read goes through, at one moment. It stays readable while `live` is held. */
export interface ReadState {
  /** Newest first. */
  readonly tables: readonly MemTable[];
  readonly live: LiveVersion;
}
