import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Codec, open, utf8 } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";

const mine = new TypeError("mine");

function fail(): never {
  throw mine;
}

test("What a codec throws is what the call throws, in reads and in writes", async () => {
  const values: Codec<string> = {
    ...utf8,
    encode: fail,
    encodeInto: fail,
    decode: fail,
  };
  const storage = new MemoryStorage();
  {
    await using db = await open(storage);
    await db.put("a", "1");
  }
  await using db = await open(storage, { values });
  assertEquals(await assertRejects(async () => await db.put("b", "2")), mine);
  assertThrows(() => db.getSync("a"), TypeError, "mine");
  assertEquals(await assertRejects(() => Array.fromAsync(db.scan())), mine);
});

test("What a sink throws, and the reason of a signal, is what an export and a scan reject with", async () => {
  await using db = await open(new MemoryStorage());
  await db.put("a", "1");
  const sink = new WritableStream({ write: fail });
  assertEquals(await assertRejects(() => db.exportTo(sink)), mine);
  const signal = AbortSignal.abort(mine);
  assertEquals(
    await assertRejects(() => Array.fromAsync(db.scan({ signal }))),
    mine,
  );
});
