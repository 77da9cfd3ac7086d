// The file that reads what it cannot read as zeros.
import { assertEquals } from "@std/assert";
import { KvIoError } from "../../mod.ts";
import { PatientFile } from "../../src/maintenance/patient_file.ts";
import type { ReadableFile } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";

const PIECE = 4096;
const PIECES = 6;
const SIZE = PIECES * PIECE;

/** A file full of sevens, of which no read gets anything that touches one piece. */
function withBadPiece(bad: number): ReadableFile {
  const start = bad * PIECE;
  return {
    size: SIZE,
    readAt(target, position) {
      if (position < start + PIECE && position + target.length > start) {
        throw new KvIoError("readAt", "file", "other");
      }
      target.fill(7);
    },
    close() {},
  };
}

test("Wherever a read begins and ends, it gives up the bytes of the piece that cannot be read, and no others", async () => {
  const lengths = [1, 2, 200, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE];
  for (let bad = 0; bad < PIECES; bad++) {
    const start = bad * PIECE;
    for (const length of lengths) {
      for (let position = 0; position + length <= SIZE; position += 97) {
        const given: [number, number][] = [];
        const file = new PatientFile(withBadPiece(bad), {
          onRead() {},
          onUnreadable: ({ start, end }) => given.push([start, end]),
        });
        const target = new Uint8Array(length).fill(1);
        await file.readAt(target, position);
        const from = Math.max(position, start);
        const to = Math.min(position + length, start + PIECE);
        const where = `${length} bytes at ${position}, bad piece ${bad}`;
        assertEquals(given, from < to ? [[from, to]] : [], where);
        const expected = new Uint8Array(length).fill(7);
        if (from < to) expected.fill(0, from - position, to - position);
        assertEquals(target, expected, where);
      }
    }
  }
});
