import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  escapeBytes,
  escapeText,
  unescapeBytes,
} from "../../src/cli/escape.ts";
import { wordsOf } from "../../src/cli/shell/words.ts";
import { Random } from "../../src/testing/random.ts";
import { test } from "../harness.ts";

const encoder = new TextEncoder();

test("escapeBytes shows any bytes on one line that reads back as they were", () => {
  const random = new Random(7);
  const alphabet = [0, 9, 10, 13, 27, 0x41, 0x5c, 0x7f, 0x80, 0xc3, 0xe2, 0xff];
  for (let round = 0; round < 2000; round++) {
    const length = random.below(12);
    const bytes = Uint8Array.from(
      { length },
      () =>
        random.below(3) === 0
          ? random.below(256)
          : alphabet[random.below(alphabet.length)]!,
    );
    const text = escapeBytes(bytes);
    assert(!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text), `seed 7, round ${round}`);
    assertEquals(unescapeBytes(text, "key"), bytes, `seed 7, round ${round}`);
  }
});

test("escapeBytes leaves readable text as it is and shows what is invisible", () => {
  const shown: [string, string][] = [
    ["größe 漢字 😀", "größe 漢字 😀"],
    ["a\tb\nc\\", "a\\tb\\nc\\\\"],
    ["\u001b[31m", "\\x1b[31m"],
    ["\u202eabc\u2028", "\\u{202e}abc\\u{2028}"],
  ];
  for (const [text, expected] of shown) {
    assertEquals(escapeBytes(encoder.encode(text)), expected);
  }
  assertEquals(escapeBytes(Uint8Array.of(0x61, 0xff)), "a\\xff");
});

test("escapeText makes one line of a message and keeps its backslashes", () => {
  assertEquals(escapeText("a\\b\n\u001b"), "a\\b\\n\\x1b");
});

test("unescapeBytes refuses what is no escape", () => {
  for (const text of ["\\q", "\\", "\\x1", "\\u{110000}", "\\u{}", "\ud800"]) {
    assertThrows(
      () => unescapeBytes(text, "key"),
      Error,
      "Cannot read the key",
    );
  }
});

test("wordsOf cuts a line at blanks and keeps quoted words together", () => {
  const lines: [string, string[]][] = [
    ["", []],
    ["  get   a ", ["get", "a"]],
    [`put 'a b' "c \\"d\\""`, ["put", "a b", 'c "d"']],
    [`get ["user",1]`, ["get", '["user",1]']],
    [`get '["user", 1]'`, ["get", '["user", 1]']],
    [`put a\\x00b ''`, ["put", "a\\x00b", ""]],
    [`get it's`, ["get", "it's"]],
  ];
  for (const [line, words] of lines) assertEquals(wordsOf(line), words, line);
  for (const line of ["get 'a", 'get "a', "get 'a'b"]) {
    assertThrows(() => wordsOf(line), Error, "has no end", line);
  }
});
