import { assertEquals } from "@std/assert";
import { sizeText } from "../../src/cli/figures.ts";
import { test } from "../harness.ts";

test("Sizes and rates have no more than one place behind the point", () => {
  const cases = [
    [0, "0 B"],
    [708.1728284365664, "708 B"],
    [999.4, "999 B"],
    [999.6, "1.0 KiB"],
    [1024, "1.0 KiB"],
    [12.34 * 1024 ** 2, "12.3 MiB"],
  ] as const;
  for (const [bytes, text] of cases) assertEquals(sizeText(bytes), text);
});
