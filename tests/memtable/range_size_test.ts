import { assertEquals } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import { hasKeyIn } from "../../src/memtable/range_size.ts";
import { below, randomBytes, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { del, emptyTable, put } from "./tables.ts";

test("A MemTable has a key in a stretch just if one that it holds, or a delete of one, lies between its ends or is one of them", () => {
  const random = seeded(11);
  const any = () => randomBytes(random, 1 + below(random, 3));
  const table = emptyTable();
  const present: Uint8Array[] = [];
  const expectSame = (smallest: Uint8Array, largest: Uint8Array) => {
    const expected = present.some((key) =>
      compareBytes(smallest, key) <= 0 && compareBytes(key, largest) <= 0
    );
    const where = `${present.length}: ${smallest} to ${largest}`;
    assertEquals(hasKeyIn(table, smallest, largest), expected, where);
  };
  expectSame(Uint8Array.of(), Uint8Array.of(255, 255, 255, 255));
  // Several chunks by the end, whose borders are among the ends that are tried.
  for (let i = 0; i < 600; i++) {
    const key = any();
    if (random() < 0.2) del(table, key);
    else put(table, key, key);
    present.push(key.slice());
    if (i % 20 !== 0) continue;
    for (let n = 0; n < 40; n++) {
      const known = present[below(random, present.length)]!;
      const [low, high] = [any(), any()].sort(compareBytes);
      expectSame(low!, high!);
      expectSame(known, known);
      expectSame(Uint8Array.of(...known, 0), Uint8Array.of(...known, 0, 1));
    }
  }
  expectSame(
    Uint8Array.of(255, 255, 255, 255),
    Uint8Array.of(255, 255, 255, 255, 1),
  );
});
