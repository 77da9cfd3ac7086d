import { codecsOf, refuseOtherCodecs } from "../engine/codecs/codecs.ts";
import { refuseNoStorage } from "../engine/files/storage_check.ts";
import { checkCount, checkNames } from "../option_values.ts";
import { resolveOptions } from "../options.ts";
import { BlockCache } from "../segment/block_cache.ts";
import type { Storage } from "../storage/storage.ts";
import type { FollowOptions, KvFollower } from "./api.ts";
import { FollowedStore } from "./followed_store.ts";
import { Follower } from "./follower.ts";

const OPTION_NAMES = ["keys", "values", "cacheSize", "refreshMs"];
const DEFAULT_REFRESH_MS = 10;
const REFRESH_BOUNDS = {
  min: 0,
  max: 3_600_000,
  unit: " milliseconds",
  action: "follow",
};

/** Follows the store in `storage`. */
export async function followStore<K, V>(
  storage: Storage,
  options: FollowOptions<K, V>,
): Promise<KvFollower<K, V>> {
  refuseNoStorage(storage, "follow");
  checkNames(options, OPTION_NAMES, "follow");
  const { refreshMs = DEFAULT_REFRESH_MS, cacheSize } = options;
  checkCount(refreshMs, "refreshMs", REFRESH_BOUNDS);
  const resolved = resolveOptions(
    cacheSize === undefined ? {} : { cacheSize },
    [],
    "follow",
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
