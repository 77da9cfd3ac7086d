import { assertEquals } from "@std/assert";
import { Snapshots } from "../../src/engine/state/snapshots.ts";
import { test } from "../harness.ts";

test("Snapshots are held in order of their sequence numbers, each number once", () => {
  const snapshots = new Snapshots();
  assertEquals([snapshots.count, snapshots.oldest], [0, undefined]);
  for (const sequence of [9, 100, 10, 9]) snapshots.hold(sequence);
  assertEquals(snapshots.sorted(), [9, 10, 100]);
  assertEquals([snapshots.count, snapshots.oldest], [4, 9]);
});

test("A sequence number is held until its last snapshot lets go", () => {
  const snapshots = new Snapshots();
  for (const sequence of [5, 5, 7]) snapshots.hold(sequence);
  snapshots.release(5);
  assertEquals([snapshots.sorted(), snapshots.count], [[5, 7], 2]);
  snapshots.release(5);
  assertEquals([snapshots.sorted(), snapshots.count], [[7], 1]);
  snapshots.release(7);
  assertEquals([snapshots.count, snapshots.oldest], [0, undefined]);
});
