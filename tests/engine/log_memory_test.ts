import { assert, assertEquals } from "@std/assert";
import { LogMemory } from "../../src/engine/background/log_memory.ts";
import { defer } from "../../src/engine/runtime/deferred.ts";
import { test } from "../harness.ts";

const MIB = 1 << 20;

/** Longer than the memories of these tests are kept. */
function released(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

test("Logs of about the same length are read into the same memory", async () => {
  const memory = new LogMemory(0);
  const [first, longer] = await memory.duringFlush(async () => {
    const first = memory.take(16 * MIB - 100);
    const longer = await memory.duringFlush(() =>
      Promise.resolve(memory.take(16 * MIB - 3))
    );
    return [first, longer];
  });
  assertEquals(longer.length, 16 * MIB - 3);
  assert(longer.buffer === first.buffer);
  await released();
});

test("A log that does not fit takes new memory, and the old is given back", async () => {
  const memory = new LogMemory(0);
  await memory.duringFlush(async () => {
    const first = memory.take(100);
    const longer = memory.take(MIB + 1);
    assertEquals([first.length, longer.length], [0, MIB + 1]);
    await Promise.resolve();
  });
  await released();
});

test("Memory for a log is given back when no flush follows", async () => {
  const memory = new LogMemory(0);
  const take = () => Promise.resolve(memory.take(100));
  const first = await memory.duringFlush(take);
  await released();
  assertEquals(first.length, 0);
  const second = await memory.duringFlush(take);
  assertEquals(second.length, 100);
  await released();
  assertEquals(second.length, 0);
});

test("Memory for a log stays while a flush is under way, however others end", async () => {
  const memory = new LogMemory(0);
  const end = defer();
  let taken = new Uint8Array(0);
  const failing = memory.duringFlush(() => Promise.reject(new Error("no log")));
  const flush = memory.duringFlush(async () => {
    taken = memory.take(100);
    await end.promise;
  });
  await failing.catch(() => {});
  await released();
  assertEquals(taken.length, 100);
  end.resolve();
  await flush;
  await released();
  assertEquals(taken.length, 0);
});

test("A flush that follows soon finds the memory of the one before", async () => {
  const memory = new LogMemory(0);
  const first = await memory.duringFlush(() =>
    Promise.resolve(memory.take(100))
  );
  const second = memory.duringFlush(async () => {
    await released();
    return memory.take(50);
  });
  assert((await second).buffer === first.buffer);
  await released();
});

test("Memory for a log of absurd length is not kept", async () => {
  const memory = new LogMemory(0);
  await memory.duringFlush(async () => {
    const usual = memory.take(100);
    const long = memory.take(64 * MIB + 1);
    assertEquals([usual.length, long.length], [100, 64 * MIB + 1]);
    assert(memory.take(200).buffer === usual.buffer);
    await Promise.resolve();
  });
  await released();
});
