import { assert, assertEquals, assertThrows } from "@std/assert";
import { KvError, type KvErrorCode } from "../../src/errors.ts";
import { knownNames } from "../../src/option_names.ts";
import { type EngineOptions, resolveOptions } from "../../src/options.ts";
import { test } from "../harness.ts";

function refusal(options: unknown, otherNames: readonly string[] = []) {
  const error = assertThrows(
    () => resolveOptions(options as EngineOptions, otherNames),
    KvError,
  );
  return { code: error.code, message: error.message };
}

function assertRefused(
  options: unknown,
  message: string,
  code: KvErrorCode = "KV_INVALID_ARGUMENT",
): void {
  assertEquals(refusal(options), { code, message });
}

test("Options that are left out get their documented defaults", () => {
  assertEquals(resolveOptions(), {
    sync: true,
    memtableSize: 16_777_216,
    memtableEntries: 1_000_000,
    compaction: {
      threshold: 4,
      levelSize: 268_435_456,
      levelRatio: 10,
      segmentSize: 16_777_216,
    },
    cacheSize: 33_554_432,
    blockSize: 4096,
    compression: "none",
    background: "auto",
    readOnly: false,
    createIfMissing: true,
    errorIfExists: false,
    maxKeySize: 65_536,
    maxValueSize: 268_435_456,
    signal: undefined,
  });
});

test("Options that are given are kept, beside defaults, and frozen", () => {
  const signal = AbortSignal.abort();
  const options = resolveOptions({
    sync: false,
    compaction: { threshold: 2 },
    compression: "deflate",
    signal,
  });
  assertEquals(options.sync, false);
  assertEquals(options.compaction.threshold, 2);
  assertEquals(options.compaction.levelRatio, 10);
  assertEquals(options.compression, "deflate");
  assert(options.signal === signal);
  assert(Object.isFrozen(options) && Object.isFrozen(options.compaction));
});

test("An option that is undefined counts as left out", () => {
  const given = {
    sync: undefined,
    compaction: undefined,
    cacheSize: undefined,
  };
  assertEquals(
    resolveOptions(given as unknown as EngineOptions),
    resolveOptions(),
  );
});

const BOUNDS: readonly [name: string, min: number, max: number][] = [
  ["memtableSize", 65_536, 1_073_741_824],
  ["memtableEntries", 1, 8_000_000],
  ["cacheSize", 0, 68_719_476_736],
  ["blockSize", 256, 1_048_576],
  ["maxKeySize", 1, 1_048_576],
  ["maxValueSize", 0, 268_435_456],
  ["compaction.threshold", 2, 64],
  ["compaction.levelSize", 65_536, 1_099_511_627_776],
  ["compaction.levelRatio", 2, 100],
  ["compaction.segmentSize", 16_384, 1_073_741_824],
];

for (const [name, min, max] of BOUNDS) {
  test(`Option ${name} is held to its bounds`, () => {
    const [outer, inner] = name.split(".") as [string, string?];
    function optionsWith(value: unknown): Record<string, unknown> {
      return { [outer]: inner === undefined ? value : { [inner]: value } };
    }
    for (const value of [min, max]) {
      resolveOptions(optionsWith(value) as EngineOptions);
    }
    const hostile = [
      min - 1,
      max + 1,
      min + 0.5,
      NaN,
      Infinity,
      String(min),
      BigInt(min),
      null,
      true,
      [min],
      {},
    ];
    for (const value of hostile) {
      const { code, message } = refusal(optionsWith(value));
      assertEquals(code, "KV_INVALID_ARGUMENT");
      const expected = `${name} must be a whole number from ${min} to ${max}`;
      assert(message.startsWith(`Cannot open: ${expected}`), message);
      assert(message.includes(", got "), message);
    }
  });
}

test("A refusal says what was given and what is allowed", () => {
  assertRefused(
    { memtableSize: "16m" },
    'Cannot open: memtableSize must be a whole number from 65536 to 1073741824 bytes, got "16m"',
  );
  assertRefused(
    { sync: 1 },
    "Cannot open: sync must be a boolean, got 1",
  );
  assertRefused(
    { background: "thread" },
    'Cannot open: background must be one of "auto", "worker", "inline", got "thread"',
  );
  assertRefused(
    { compression: "lz4" },
    'Cannot open: compression must be one of "none", "deflate", "zstd", got "lz4"',
  );
  assertRefused(
    { signal: {} },
    "Cannot open: signal must be an AbortSignal, got an object",
  );
  assertRefused(
    { compaction: 4 },
    "Cannot open: compaction must be an object, got 4",
  );
});

test("Options that are no object are refused", () => {
  for (const options of [null, 1, "sync", [], () => {}]) {
    assertEquals(refusal(options).code, "KV_INVALID_ARGUMENT");
  }
  assertRefused("sync", 'Cannot open: options must be an object, got "sync"');
});

const ENGINE_NAMES =
  "sync, memtableSize, memtableEntries, compaction, cacheSize, blockSize, compression, background, " +
  "readOnly, createIfMissing, errorIfExists, maxKeySize, maxValueSize, signal";

test("An option that there is not is refused with those that there are, and the one that was meant", () => {
  assertRefused(
    { memTableSise: 65_536 },
    `Cannot open: unknown option memTableSise (known: ${ENGINE_NAMES}); did you mean memtableSize?`,
  );
  assertRefused(
    { compaction: { treshold: 4 } },
    "Cannot open: unknown option compaction.treshold (known: threshold, levelSize, levelRatio, segmentSize); did you mean threshold?",
  );
  for (const name of ["wings", "__proto__", "a", "x".repeat(64)]) {
    assertRefused(
      JSON.parse(`{"${name}": {}}`),
      `Cannot open: unknown option ${name} (known: ${ENGINE_NAMES})`,
    );
  }
});

test("Of several names that are close to one that is misspelt the nearest is meant", () => {
  const known = ["gt", "gte", "lt", "lte", "limit", "maxKeySize"];
  const all = `(known: ${known.join(", ")})`;
  const cases = [["gtt", "gt"], ["gtee", "gte"], ["LTE", "lte"]]
    .concat([["limt", "limit"], ["maxKeysSize", "maxKeySize"]]);
  for (const [name, meant] of cases) {
    assertEquals(knownNames(name!, known), `${all}; did you mean ${meant}?`);
  }
  for (const name of ["on", "to", "end", "x".repeat(1_000_000)]) {
    assertEquals(knownNames(name, known), all);
  }
});

test("Options that the caller checks itself are let through", () => {
  const given = { keys: {}, values: {}, sync: false } as { sync: boolean };
  assertEquals(resolveOptions(given, ["keys", "values"]).sync, false);
  assertEquals(
    refusal({ key: {} }, ["keys", "values"]).message,
    `Cannot open: unknown option key (known: ${ENGINE_NAMES}, keys, values); did you mean keys?`,
  );
});

test("A read-only engine makes no store", () => {
  assertEquals(resolveOptions({ readOnly: true }).createIfMissing, false);
});

test("Combinations without sense are refused", () => {
  assertRefused(
    { readOnly: true, errorIfExists: true },
    "Cannot open: errorIfExists cannot be combined with readOnly, which only opens existing stores",
  );
  assertRefused(
    { readOnly: true, createIfMissing: true },
    "Cannot open: createIfMissing cannot be combined with readOnly, which never creates a store",
  );
  assertRefused(
    { createIfMissing: false, errorIfExists: true },
    "Cannot open: with errorIfExists and without createIfMissing no store could ever be opened",
  );
  assertRefused(
    { blockSize: 32_768, compaction: { segmentSize: 16_384 } },
    "Cannot open: blockSize must be at most compaction.segmentSize (16384), got 32768",
  );
});
