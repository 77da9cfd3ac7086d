import { checkNames } from "../engine/call_options.ts";
import { codecsOf, refuseOtherCodecs } from "../engine/codecs.ts";
import { refuseNoStorage } from "../engine/storage_check.ts";
import { invalidArgument } from "../errors.ts";
import { shown } from "../option_values.ts";
import { resolveOptions } from "../options.ts";
import { BlockCache } from "../segment/block_cache.ts";
import type { Storage } from "../storage/storage.ts";
import type { FollowOptions, KvFollower } from "./api.ts";
import { FollowedStore } from "./followed_store.ts";
import { Follower } from "./follower.ts";

const OPTION_NAMES = ["keys", "values", "cacheSize", "refreshMs"];
const DEFAULT_REFRESH_MS = 10;
const MOST_REFRESH_MS = 3_600_000;

/** Follows the store in `storage`. */
export async function followStore<K, V>(
  storage: Storage,
  options: FollowOptions<K, V>,
): Promise<KvFollower<K, V>> {
  refuseNoStorage(storage, "follow");
  checkNames(options, OPTION_NAMES, "follow");
  const { refreshMs = DEFAULT_REFRESH_MS, cacheSize } = options;
  checkRefresh(refreshMs);
  const resolved = resolveOptions(
    cacheSize === undefined ? {} : { cacheSize },
    [],
  );
  const codecs = codecsOf(options);
  const cache = new BlockCache(resolved.cacheSize, storage.synchronous);
  const store = await FollowedStore.open(storage, cache);
  try {
    refuseOtherCodecs(storage, store.state, codecs);
  } catch (error) {
    await store.close();
    throw error;
  }
  return new Follower(store, codecs, refreshMs);
}

function checkRefresh(refreshMs: unknown): void {
  if (
    Number.isInteger(refreshMs) && refreshMs as number >= 0 &&
    refreshMs as number <= MOST_REFRESH_MS
  ) return;
  throw invalidArgument(
    `Invalid option refreshMs: got ${
      shown(refreshMs)
    }, expected a whole number of 0 to ${MOST_REFRESH_MS} milliseconds`,
  );
}
