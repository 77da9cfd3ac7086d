import { assert, assertEquals } from "@std/assert";
import { VersionSet } from "../../src/engine/state/version_set.ts";
import { MAX_LEVELS } from "../../src/manifest/version.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { sampleState, segment } from "../manifest/samples.ts";
import { assertKvError } from "../support/kv_error.ts";

test("A segment that cannot be opened leaves none of its written blocks in the cache", async () => {
  const cache = new BlockCache(1 << 20, true);
  const levels = Array.from({ length: MAX_LEVELS }, () => []);
  const state = sampleState({ levels });
  const versions = await VersionSet.open(new MemoryStorage(), cache, state);
  versions.writtenBlocks.keep({
    segment: 7,
    first: 0,
    buffer: new ArrayBuffer(100),
    lengths: [100],
    asciiParts: [0],
  });
  assert(cache.bytes > 0);
  const opening = () => versions.openSegment(segment(7, "a", "z"));
  await assertKvError(opening, "KV_CORRUPTION");
  assertEquals(cache.bytes, 0);
});
