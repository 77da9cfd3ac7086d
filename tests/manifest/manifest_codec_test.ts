import { assert, assertEquals, assertThrows } from "@std/assert";
import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import { KvCorruptionError, KvError } from "../../src/errors.ts";
import { MAX_SEQUENCE } from "../../src/format/sequence.ts";
import {
  decodeManifest,
  encodeManifest,
  type ManifestState,
  salvageManifest,
} from "../../src/manifest/manifest_codec.ts";
import { MAX_STORED_KEY_BYTES } from "../../src/options.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import { Version } from "../../src/manifest/version.ts";
import { test } from "../harness.ts";
import { craftManifest, sealManifest } from "./crafted.ts";
import { randomNumbers } from "./random.ts";
import { ranges, type RangeText } from "../tombstones/samples.ts";
import { sampleState, segment } from "./samples.ts";

const HEADER_BYTES = 20;

test("A manifest is decoded as it was encoded", () => {
  const longest = "k".repeat(255);
  const states: ManifestState[] = [
    sampleState(),
    sampleState({ keyCodec: "", valueCodec: longest, logs: [], levels: [] }),
    sampleState({ keyCodec: "\ufeffbom" }),
    sampleState({
      nextFileNumber: MAX_SEQUENCE,
      flushedSequence: MAX_SEQUENCE,
      oldestLog: MAX_SEQUENCE,
      logs: [],
      levels: [[segment(MAX_SEQUENCE - 1, "a", "a", {
        sizeBytes: MAX_SEQUENCE,
        entries: MAX_SEQUENCE,
        tombstones: MAX_SEQUENCE,
        olderVersions: MAX_SEQUENCE - 1,
        maxSequence: MAX_SEQUENCE,
      })]],
    }),
    sampleState({
      levels: [[segment(7, "", "x", {
        largestKey: new Uint8Array(MAX_STORED_KEY_BYTES).fill(255),
      })]],
    }),
  ];
  for (const state of states) {
    const bytes = encodeManifest(state);
    assertEquals(decodeManifest(bytes), state);
    assertEquals(craftManifest(state), bytes);
  }
});

test("A decoded manifest keeps nothing of the bytes it came from", () => {
  const bytes = encodeManifest(sampleState()).slice();
  const state = decodeManifest(bytes);
  bytes.fill(0);
  assertEquals(state, sampleState());
});

test("A manifest of format version 1 is read by every later release", () => {
  const fixture =
    "505552454b564d0a0100000066000000f177dc3c00102030405060708090" +
    "a0b0c0d0e0f00475746638056a73c3b66eac0294b4e4f4cb030902090c07" +
    "020be8070a00004d0161017a08e8070a0000000001710205e8070a040000" +
    "0161016307e8070a000000016401640001c801e8070a0003090162016b00" +
    "0000";
  const bytes = fromHex(fixture);
  const { levels, flushedSequence } = sampleState();
  const state = sampleState({
    // What it does not say: how far the segments reach, and what tells them from others.
    levels: levels.map((segments) =>
      segments.map((info) => ({
        ...info,
        ceiling: flushedSequence,
        salt: undefined,
      }))
    ),
    rangeTombstones: ranges(),
  });
  assertEquals(decodeManifest(bytes), state);
});

test("A manifest of format version 2 is written as it always was", () => {
  const fixture =
    "505552454b564d0a020000008900000014f49d0700102030405060708090" +
    "a0b0c0d0e0f00475746638056a73c3b66eac0294b4e4f4cb030902090c07" +
    "020be8070a00004d0161017a4d01ffffffff0f08e8070a00000000017100" +
    "01000205e8070a04000001610163000007e8070a00000001640164630000" +
    "01c801e8070a0003090162016b0900000000030001620209020162016301" +
    "0301780001f403";
  const bytes = fromHex(fixture);
  assertEquals(decodeManifest(bytes), sampleState());
  assertEquals(encodeManifest(sampleState()), bytes);
});

test("A flip of any bit is noticed", () => {
  const bytes = encodeManifest(sampleState()).slice();
  for (let i = 0; i < bytes.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      bytes[i]! ^= 1 << bit;
      const error = assertThrows(() => decodeManifest(bytes), KvError);
      const isVersion = i >= 8 && i < 12;
      const allowed = isVersion ? "KV_UNSUPPORTED" : "KV_CORRUPTION";
      assert(
        error.code === allowed || error.code === "KV_CORRUPTION",
        `${error.code} at byte ${i}`,
      );
      bytes[i]! ^= 1 << bit;
    }
  }
  assertEquals(decodeManifest(bytes), sampleState());
});

test("A manifest that is cut off anywhere is noticed", () => {
  const bytes = encodeManifest(sampleState());
  for (let length = 0; length < bytes.length; length++) {
    const error = refusal(bytes.subarray(0, length));
    assertEquals([error.file, error.offset], ["MANIFEST", length]);
  }
});

test("A body that is cut off anywhere is noticed though its checksum fits", () => {
  const body = encodeManifest(sampleState()).subarray(HEADER_BYTES);
  for (let length = 0; length < body.length; length++) {
    const error = refusal(sealManifest(body.subarray(0, length)));
    assert(error.offset <= HEADER_BYTES + length, String(error));
  }
});

test("Bytes behind a manifest are noticed, with and without a fitting checksum", () => {
  const bytes = encodeManifest(sampleState());
  for (const extra of [[0], [1, 2, 3], [...bytes]]) {
    assertEquals(
      refusal(Uint8Array.from([...bytes, ...extra])).offset,
      bytes.length,
    );
    const body = [...bytes.subarray(HEADER_BYTES), ...extra];
    refusal(sealManifest(Uint8Array.from(body)));
  }
});

test("A newer format is refused, naming both versions", () => {
  const bytes = encodeManifest(sampleState()).slice();
  bytes[8] = 3;
  const header = crc32(bytes.subarray(0, 16));
  writeUint32(bytes, 16, crc32(bytes.subarray(HEADER_BYTES), header));
  const error = assertThrows(() => decodeManifest(bytes), KvError);
  assertEquals([error.code, error.message], [
    "KV_UNSUPPORTED",
    "Cannot read MANIFEST: its format version is 3, and this release knows versions up to 2",
  ]);
});

test("A damaged version number is damage, not a newer format", () => {
  const bytes = encodeManifest(sampleState()).slice();
  bytes[9] = 1;
  assertEquals(refusal(bytes).offset, 16);
});

test("The body of a manifest with a damaged header or checksum can be salvaged", () => {
  const bytes = encodeManifest(sampleState()).slice();
  bytes.fill(0xff, 0, HEADER_BYTES);
  assertEquals(salvageManifest(bytes), sampleState());
});

test("Nothing is salvaged from a manifest whose body makes no sense", () => {
  const bytes = encodeManifest(sampleState());
  for (let length = 0; length < bytes.length; length++) {
    assertEquals(salvageManifest(bytes.subarray(0, length)), undefined);
  }
  assertEquals(salvageManifest(Uint8Array.from([...bytes, 0])), undefined);
});

test("Another file in the place of the manifest is refused", () => {
  const bytes = new TextEncoder().encode("PUREKVS\n and then something else");
  assertEquals(refusal(bytes).offset, 0);
});

const past = MAX_SEQUENCE + 1;
const hostile: readonly [
  what: string,
  change: Partial<ManifestState>,
  problem: string,
][] = [
  ["a next file number that is too large", { nextFileNumber: past }, "large"],
  ["a sequence number that is too large", { flushedSequence: past }, "large"],
  [
    "a segment's sequence number that is too large",
    inLevel(1, [
      segment(1, "a", "b", { maxSequence: past }),
    ]),
    "large",
  ],
  [
    "a size that is too large",
    inLevel(1, [
      segment(1, "a", "b", { sizeBytes: past }),
    ]),
    "large",
  ],
  ["an oldest log past the next file", { oldestLog: 301, logs: [] }, "past"],
  ["a log older than the oldest", { logs: [8] }, "older than the oldest"],
  ["logs out of order", { logs: [12, 10] }, "not in order"],
  ["a doubled log", { logs: [12, 12] }, "twice"],
  ["a log that is a segment too", { logs: [11] }, "twice"],
  ["log number 0", { oldestLog: 0, logs: [0] }, "number 0"],
  ["a log that is still to be made", { logs: [300] }, "not below"],
  [
    "a segment that is still to be made",
    inLevel(2, [
      segment(300, "a", "b"),
    ]),
    "not below",
  ],
  ["segment number 0", inLevel(2, [segment(0, "a", "b")]), "number 0"],
  [
    "a doubled segment in one level",
    inLevel(2, [
      segment(7, "a", "b"),
      segment(7, "c", "d"),
    ]),
    "twice",
  ],
  ["a doubled segment in two levels", {
    levels: [[segment(7, "a", "b")], [segment(7, "c", "d")]],
  }, "twice"],
  ["an inverted range", inLevel(0, [segment(7, "b", "a")]), "past the largest"],
  [
    "segments that overlap",
    inLevel(1, [
      segment(7, "a", "c"),
      segment(8, "b", "d"),
    ]),
    "overlap",
  ],
  [
    "segments that share a key",
    inLevel(6, [
      segment(7, "a", "c"),
      segment(8, "c", "d"),
    ]),
    "overlap",
  ],
  [
    "segments out of order",
    inLevel(1, [
      segment(7, "c", "d"),
      segment(8, "a", "b"),
    ]),
    "out of order",
  ],
  [
    "a level 0 from old to new",
    inLevel(0, [
      segment(7, "a", "b"),
      segment(8, "c", "d"),
    ]),
    "from new to old",
  ],
  [
    "an empty file",
    inLevel(1, [
      segment(7, "a", "b", { sizeBytes: 0 }),
    ]),
    "size of 0",
  ],
  [
    "a segment without entries",
    inLevel(1, [
      segment(7, "a", "b", { entries: 0 }),
    ]),
    "0 entries",
  ],
  [
    "more tombstones than entries",
    inLevel(1, [
      segment(7, "a", "b", { tombstones: 11 }),
    ]),
    "11 tombstones",
  ],
  [
    "only older versions",
    inLevel(1, [
      segment(7, "a", "b", { olderVersions: 10 }),
    ]),
    "10 older versions",
  ],
  [
    "an eighth level",
    { levels: Array.from({ length: 8 }, () => []) },
    "8 levels",
  ],
  [
    "a key past the longest",
    inLevel(1, [
      segment(7, "a", "b", {
        largestKey: new Uint8Array(MAX_STORED_KEY_BYTES + 1).fill(255),
      }),
    ]),
    "too long",
  ],
  [
    "a ceiling below a sequence number that is stored",
    inLevel(1, [segment(7, "a", "b", { maxSequence: 9, ceiling: 8 })]),
    "ceiling of 8",
  ],
  [
    "a ceiling past the last write in segments",
    inLevel(1, [segment(7, "a", "b", { ceiling: 123_456_789_013 })]),
    "ceiling of 123456789013 is past",
  ],
  [
    "a salt that is no u32",
    inLevel(1, [segment(7, "a", "b", { salt: 2 ** 32 })]),
    "salt of 4294967296",
  ],
  rangeCase("that ends where it starts", ["b", "b", 5], "before it starts"),
  rangeCase("that ends before it starts", ["b", "a", 5], "before it starts"),
  rangeCase("of no write", ["b", "c"], "no write"),
  rangeCase("of write 0", ["b", "c", 5, 0], "do not descend"),
  rangeCase("with a write twice", ["b", "c", 5, 5], "do not descend"),
  rangeCase(
    "of a write that is in no segment",
    ["b", "c", 123_456_789_013],
    "past 123456789012",
  ),
  rangeCase("with a bound past the longest", [
    "b",
    "b".repeat(MAX_STORED_KEY_BYTES + 2),
    5,
  ], "too long"),
  [
    "range tombstones that overlap",
    { rangeTombstones: ranges(["a", "c", 5], ["b", "d", 5]) },
    "overlap",
  ],
  [
    "range tombstones out of order",
    { rangeTombstones: ranges(["c", "d", 5], ["a", "b", 5]) },
    "overlap",
  ],
  [
    "a range tombstone behind one without an end",
    { rangeTombstones: ranges(["c", null, 5], ["d", "e", 5]) },
    "overlap",
  ],
];

function rangeCase(
  what: string,
  range: RangeText,
  problem: string,
): [string, Partial<ManifestState>, string] {
  const rangeTombstones = ranges(range);
  return [`a range tombstone ${what}`, { rangeTombstones }, problem];
}

for (const [what, change, problem] of hostile) {
  test(`A manifest with ${what} is refused, and never written`, () => {
    const state = sampleState(change);
    const error = refusal(craftManifest(state));
    assert(error.message.includes(problem), error.message);
    assert(error.offset >= HEADER_BYTES);
    assertThrows(() => encodeManifest(state), Error, "Cannot write MANIFEST");
  });
}

test("A length or count past the end is refused without taking memory for it", () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
  const { length } = new TextEncoder().encode("utf8jsön");
  // Behind the store id and the two names: three numbers, then the number of logs.
  const start = 16 + 2 + length;
  const body = [...encodeManifest(sampleState()).subarray(HEADER_BYTES)];
  for (let at = start; at < body.length; at++) {
    const damaged = [...body.slice(0, at), ...huge, ...body.slice(at + 1)];
    refusal(sealManifest(Uint8Array.from(damaged)));
  }
});

test("A name that is no UTF-8 is refused", () => {
  const body = encodeManifest(sampleState()).slice(HEADER_BYTES);
  body[17] = 0xff;
  assert(refusal(sealManifest(body)).message.includes("not UTF-8"));
});

test("A codec whose name cannot be kept is an invalid argument", () => {
  for (const keyCodec of ["x".repeat(256), "ö".repeat(128), "\ud800"]) {
    const error = assertThrows(
      () => encodeManifest(sampleState({ keyCodec })),
      KvError,
    );
    assertEquals(error.code, "KV_INVALID_ARGUMENT");
    assert(error.message.startsWith("Cannot use option keys: "), error.message);
  }
});

test("What would come back as something else is never written", () => {
  const changes: Partial<ManifestState>[] = [
    { storeId: new Uint8Array(15) },
    { storeId: new Uint8Array(17) },
    { nextFileNumber: NaN },
    { flushedSequence: -1 },
    { flushedSequence: 0.5 },
    inLevel(1, [segment(7, "a", "b", { entries: NaN })]),
  ];
  for (const change of changes) {
    const state = sampleState(change);
    assertThrows(() => encodeManifest(state), Error, "Cannot write MANIFEST");
  }
});

test("A manifest that could never be read back for its size is not written", () => {
  const largestKey = new Uint8Array(MAX_STORED_KEY_BYTES).fill(255);
  const levels = [Array.from(
    { length: 256 },
    (_, i) => segment(1000 - i, "a", "b", { largestKey }),
  )];
  const error = assertThrows(
    () => encodeManifest(sampleState({ nextFileNumber: 2000, levels })),
    KvError,
  );
  assertEquals(error.code, "KV_UNSUPPORTED");
});

test("A field of a segment that is not known is refused", () => {
  const body = encodeManifest(sampleState({
    ...inLevel(1, [segment(7, "a", "b", { ceiling: 99, salt: 1 })]),
    rangeTombstones: ranges(),
  })).slice(HEADER_BYTES);
  // Ceiling, fields and salt, then five empty levels and no range tombstones.
  const at = body.length - 6 - 2;
  assertEquals([...body.subarray(at - 1, at + 2)], [99, 1, 1]);
  body[at] = 2;
  assert(refusal(sealManifest(body)).message.includes("unknown fields 2"));
});

test("Any change under a fitting checksum is refused or makes a state that holds", () => {
  const body = encodeManifest(sampleState()).subarray(HEADER_BYTES);
  const random = randomNumbers(7);
  const outcomes = { refused: 0, accepted: 0 };
  for (let round = 0; round < 20_000; round++) {
    const damaged = mutate(body, random);
    try {
      const state = decodeManifest(sealManifest(damaged));
      new Version(state.levels);
      assertEquals(decodeManifest(encodeManifest(state)), state);
      outcomes.accepted++;
    } catch (error) {
      if (!(error instanceof KvCorruptionError)) throw error;
      outcomes.refused++;
    }
  }
  assert(
    Math.min(outcomes.refused, outcomes.accepted) > 1000,
    JSON.stringify(outcomes),
  );
});

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g)!, (hex) => parseInt(hex, 16));
}

function inLevel(
  level: number,
  segments: readonly SegmentInfo[],
): Partial<ManifestState> {
  const levels = Array.from(
    { length: 7 },
    (_, i) => i === level ? segments : [],
  );
  return { levels };
}

function refusal(bytes: Uint8Array): KvCorruptionError {
  return assertThrows(() => decodeManifest(bytes), KvCorruptionError);
}

/** Overwrites, removes, doubles or inserts a few bytes. */
function mutate(
  bytes: Uint8Array,
  random: (below: number) => number,
): Uint8Array {
  const mutated = [...bytes];
  for (let times = 1 + random(3); times > 0; times--) {
    const at = random(mutated.length);
    const count = 1 + random(4);
    const kind = random(4);
    if (kind === 0) mutated.splice(at, count);
    else if (kind === 1) mutated.splice(at, 0, random(256));
    else if (kind === 2) {
      mutated.splice(at, 0, ...mutated.slice(at, at + 20 * count));
    } else mutated[at] = random(256);
  }
  return Uint8Array.from(mutated);
}
