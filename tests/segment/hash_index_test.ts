import { assert, assertEquals } from "@std/assert";
import { hashSpan } from "../../src/bytes/hash.ts";
import {
  encodePage,
  firstSlotOf,
  hashGeometry,
  HashIndexBuilder,
  pageOf,
  probe,
  slotLow,
} from "../../src/segment/hash_index.ts";
import { test } from "../harness.ts";
import { keysOfHash } from "./equal_hashes.ts";
import { randomFrom } from "./support.ts";

/** Builds an index over hashes with so many keys to a block. */
function buildFrom(
  hashes: readonly number[],
  perBlock: number,
): HashIndexBuilder {
  const builder = new HashIndexBuilder();
  for (let i = 0; i < hashes.length; i += perBlock) {
    const inBlock = hashes.slice(i, i + perBlock);
    for (const hash of inBlock) builder.addKey(hash);
    builder.closeBlock(Uint32Array.from(inBlock, (_, key) => key * 100));
  }
  return builder;
}

test("a hash index of any size leads from every hash to its entry", () => {
  const random = randomFrom(3);
  for (const count of [1, 2, 3, 5, 40, 1000, 3500, 10_000, 60_000]) {
    const hashes = Array.from({ length: count }, () => random(2 ** 32));
    const { geometry, table } = buildFrom(hashes, 30).build()!;
    const pages = Array.from(
      { length: geometry.pages },
      (_, i) => encodePage(table, i, geometry.slots),
    );
    let others = 0;
    for (const [i, hash] of hashes.entries()) {
      const page = pages[pageOf(hash, geometry.pages)]!;
      const pointer = Math.floor(i / 30) * 2 ** geometry.offsetBits +
        (i % 30) * 100;
      let at = firstSlotOf(hash, geometry.slots);
      for (;;) {
        at = probe(page, at, hash, geometry);
        assert(at >= 0, `hash ${i} of ${count} is lost`);
        if (slotLow(page, at) % 2 ** geometry.pointerBits === pointer) break;
        others++;
        at = (at + 1) % geometry.slots;
      }
    }
    assert(others <= count / 50);
    assert(table.length <= count / 0.85 + 2 * geometry.pages + 1);
  }
});

test("a hash index has few slots that look right to an absent hash", () => {
  const random = randomFrom(4);
  const hashes = Array.from({ length: 50_000 }, () => random(2 ** 32));
  const { geometry, table } = buildFrom(hashes, 30).build()!;
  const pages = Array.from(
    { length: geometry.pages },
    (_, i) => encodePage(table, i, geometry.slots),
  );
  let found = 0;
  for (let i = 0; i < 50_000; i++) {
    const hash = random(2 ** 32);
    const page = pages[pageOf(hash, geometry.pages)]!;
    const first = firstSlotOf(hash, geometry.slots);
    if (probe(page, first, hash, geometry) >= 0) found++;
  }
  assert(found <= 50);
});

test("a hash index is given up where equal hashes overflow a page", () => {
  assertEquals(buildFrom(new Array(5000).fill(1), 30).build(), undefined);
});

test("a geometry is refused where pointers would not fit into a slot", () => {
  assert(hashGeometry(1, 8, 13, 2 ** 18) !== undefined);
  assertEquals(hashGeometry(1, 8, 13, 2 ** 18 + 1), undefined);
});

test("probe ends in a page that was made up without an empty slot", () => {
  const geometry = hashGeometry(1, 100, 13, 10)!;
  const page = new Uint8Array(500).fill(0xff);
  assertEquals(probe(page, 50, 0x12345678, geometry), -1);
});

test("keysOfHash makes the hashes that the tests rely on", () => {
  for (const key of keysOfHash(0xdeadbeef, 20)) {
    assertEquals(hashSpan(key, 0, 8), 0xdeadbeef);
  }
});
