import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import "../std/register_bun.ts";

const { fitted, widthOf } = await import("../../src/cli/text_width.ts");

test("fitted cuts by the columns that a text takes, never inside of a character", () => {
  const cases: [text: string, columns: number, expected: string][] = [
    ["plain text", 10, "plain text"],
    ["plain text", 9, "plain ..."],
    ["你好世界", 8, "你好世界"],
    ["你好世界", 7, "你好..."],
    ["你好世界", 6, "你..."],
    ["e\u0301e\u0301e\u0301e\u0301", 4, "e\u0301e\u0301e\u0301e\u0301"],
    ["e\u0301e\u0301e\u0301e\u0301e\u0301", 4, "e\u0301..."],
    ["👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 5, "👨‍👩‍👧..."],
  ];
  for (const [text, columns, expected] of cases) {
    assertEquals(fitted(text, columns), expected, text);
    assertEquals(widthOf(expected) <= columns, true, text);
  }
});
