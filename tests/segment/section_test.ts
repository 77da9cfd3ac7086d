import { assertEquals, assertThrows } from "@std/assert";
import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import { KvCorruptionError } from "../../src/errors.ts";
import { openSection, sectionSeed } from "../../src/segment/section.ts";
import { test } from "../harness.ts";

const place = { name: "000001.seg", salt: 7, offset: 4096 };

test("A section without room for its end, or for the length of what is compressed, is damage", () => {
  for (let length = 0; length < 5; length++) {
    assertThrows(
      () => openSection(new Uint8Array(length), place),
      KvCorruptionError,
      "too short",
    );
  }
  for (let length = 0; length < 4; length++) {
    assertThrows(
      () => openSection(sealed(new Uint8Array(length), 1), place),
      KvCorruptionError,
      "too short",
    );
  }
});

test("A section of a kind that nobody knows is damage, an empty stored one is not", () => {
  assertThrows(
    () => openSection(sealed(new Uint8Array(9), 3), place),
    KvCorruptionError,
    "unknown kind 3",
  );
  assertEquals(openSection(sealed(new Uint8Array(0), 0), place).length, 0);
});

/** A section with a right checksum. */
function sealed(stored: Uint8Array, kind: number): Uint8Array {
  const section = new Uint8Array(stored.length + 5);
  section.set(stored);
  section[stored.length] = kind;
  const covered = section.subarray(0, stored.length + 1);
  const crc = crc32(covered, sectionSeed(place.salt, place.offset));
  writeUint32(section, stored.length + 1, crc);
  return section;
}
