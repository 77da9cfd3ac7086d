import { assert } from "@std/assert";
import { SyncPace } from "../../src/storage/local_sync.ts";
import { test } from "../harness.ts";

test("SyncPace blocks only once the device has shown that it is fast", () => {
  const pace = new SyncPace();
  assert(!pace.mayBlock(1));
  pace.note(0.3);
  assert(pace.mayBlock(1));
});

test("SyncPace never blocks for more than a mebibyte", () => {
  const pace = new SyncPace();
  pace.note(0.3);
  assert(pace.mayBlock(1 << 20));
  assert(!pace.mayBlock((1 << 20) + 1));
});

test("SyncPace leaves a slow device to the thread pool", () => {
  const pace = new SyncPace();
  for (let count = 0; count < 100; count++) {
    pace.note(8);
    assert(!pace.mayBlock(1));
  }
});

test("SyncPace stops blocking when a device becomes slow, and comes back", () => {
  const pace = new SyncPace();
  pace.note(0.3);
  pace.note(30);
  assert(!pace.mayBlock(1));
  let syncs = 0;
  while (!pace.mayBlock(1)) {
    pace.note(0.3);
    syncs++;
    assert(syncs < 20);
  }
});
