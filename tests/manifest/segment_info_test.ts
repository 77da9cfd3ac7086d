import { assertEquals } from "@std/assert";
import { sharedKeyBytes } from "../../src/manifest/segment_info.ts";
import { test } from "../harness.ts";
import { segment } from "./samples.ts";

test("All keys of segments begin as the smallest and the largest of them do", () => {
  const shared = (...bounds: [smallest: string, largest: string][]) =>
    sharedKeyBytes(bounds.map(([a, b], i) => segment(i + 1, a, b)));
  assertEquals(shared(["user:10", "user:20"]), 5);
  assertEquals(shared(["user:10", "user:19"]), 6);
  assertEquals(shared(["user:14", "user:19"], ["user:10", "user:12"]), 6);
  assertEquals(shared(["user:14", "user:19"], ["use", "user:12"]), 3);
  assertEquals(shared(["user:1", "user:1"]), 6);
  assertEquals(shared(["b", "b1"], ["a", "b2"], ["b0", "c"]), 0);
});
