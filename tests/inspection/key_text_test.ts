import { assertEquals } from "@std/assert";
import { keyText } from "../../src/inspection/key_text.ts";
import { test } from "../harness.ts";

const encode = (text: string) => new TextEncoder().encode(text);

test("Readable keys are shown as text, all others in hexadecimal", () => {
  const rows: [Uint8Array, string][] = [
    [encode(""), `""`],
    [encode("user:1"), `"user:1"`],
    [encode('say "hi"'), String.raw`"say \"hi\""`],
    [encode("Grüße, 世界 😀"), `"Grüße, 世界 😀"`],
    [encode("a\nb"), "0x610a62"],
    [encode("\u2028"), "0xe280a8"],
    [Uint8Array.of(0, 1, 255), "0x0001ff"],
    [Uint8Array.of(0xc3), "0xc3"],
  ];
  for (const [key, text] of rows) assertEquals(keyText(key), text);
});

test("Long keys are cut, between characters, with their length behind", () => {
  assertEquals(
    keyText(encode("x".repeat(1000))),
    `"${"x".repeat(64)}"... (1000 bytes)`,
  );
  assertEquals(
    keyText(encode("x" + "ü".repeat(40))),
    `"x${"ü".repeat(31)}"... (81 bytes)`,
  );
  assertEquals(
    keyText(new Uint8Array(65)),
    `0x${"00".repeat(64)}... (65 bytes)`,
  );
});
