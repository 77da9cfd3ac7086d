import { assert, assertEquals } from "@std/assert";
import { Findings } from "../../src/inspection/findings.ts";
import { Progress } from "../../src/inspection/progress.ts";
import { checkSegment } from "../../src/inspection/segment_check.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { layoutOf, sealSection } from "../maintenance/crafted.ts";
import { build, put } from "../segment/support.ts";

const bytes = await build(
  Array.from({ length: 12_000 }, (_, i) => put(`key${10_000 + i}`, "v")),
);
const layout = layoutOf(bytes, "1.seg");

/** Checks a segment with room for one hash page at a time, or for all. */
async function check(segment: Uint8Array, hashMemoryBytes: number) {
  const storage = new MemoryStorage();
  storage.create("000001.seg").append(segment);
  const findings = new Findings();
  const progress = new Progress({}, { giveWay: () => Promise.resolve() });
  await checkSegment(storage.open("000001.seg"), 1, {
    findings,
    progress,
    hashMemoryBytes,
  });
  return findings.report(progress.bytesRead);
}

test("A segment with more hash pages than there is memory for is gone through several times", async () => {
  assert(layout.footer.hashPages > 3);
  const whole = await check(bytes, Infinity);
  assertEquals([whole.ok, whole.entries], [true, 12_000]);
  assertEquals(await check(bytes, 1), whole);
});

test("Damage of the last hash page is found whether or not there is memory for all", async () => {
  const { footer: { indexOffset, hashOffset, hashPages } } = layout;
  const pageBytes = (indexOffset - hashOffset) / hashPages;
  const start = indexOffset - pageBytes;
  const damaged = { ...layout, bytes: bytes.slice() };
  let slot = start;
  while (damaged.bytes[slot + 4] === 0) slot += 5;
  damaged.bytes.fill(0, slot, slot + 5);
  sealSection(damaged, start, indexOffset);
  for (const memory of [1, Infinity]) {
    const { problems } = await check(damaged.bytes, memory);
    assertEquals(problems.map(({ code }) => code), ["segment-hash"]);
    assert(problems[0]!.message.includes("does not lead to"));
  }
});
