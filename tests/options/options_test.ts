import { assert, assertEquals, assertThrows } from "@std/assert";
import { KvError, type KvErrorCode } from "../../src/errors.ts";
import { onlyNames } from "../../src/option_names.ts";
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
      assert(message.startsWith(`Invalid option ${name}: got `), message);
      assert(message.includes(`${min} to ${max}`), message);
    }
  });
}

test("A refusal says what was given and what is allowed", () => {
  assertRefused(
    { memtableSize: "16m" },
    'Invalid option memtableSize: got "16m", expected a whole number of 65536 to 1073741824 bytes',
  );
  assertRefused(
    { sync: 1 },
    "Invalid option sync: got 1, expected true or false",
  );
  assertRefused(
    { background: "thread" },
    'Invalid option background: got "thread", expected one of "auto", "worker", "inline"',
  );
  assertRefused(
    { compression: "lz4" },
    'Invalid option compression: got "lz4", expected one of "none", "deflate", "zstd"',
  );
  assertRefused(
    { signal: {} },
    "Invalid option signal: got a value of type object, expected an AbortSignal",
  );
  assertRefused(
    { compaction: 4 },
    "Invalid option compaction: got 4, expected an object",
  );
});

test("Options that are no object are refused", () => {
  for (const options of [null, 1, "sync", [], () => {}]) {
    assertEquals(refusal(options).code, "KV_INVALID_ARGUMENT");
  }
  assertRefused("sync", 'Invalid options: got "sync", expected an object');
});

const ENGINE_NAMES =
  "sync, memtableSize, memtableEntries, compaction, cacheSize, blockSize, compression, background, " +
  "readOnly, createIfMissing, errorIfExists, maxKeySize, maxValueSize, signal";

test("An option that there is not is refused with those that there are, and the one that was meant", () => {
  assertRefused(
    { memTableSise: 65_536 },
    `Unknown option memTableSise: there are only ${ENGINE_NAMES}; did you mean memtableSize?`,
  );
  assertRefused(
    { compaction: { treshold: 4 } },
    "Unknown option treshold of compaction: there are only threshold, levelSize, levelRatio, segmentSize; did you mean threshold?",
  );
  for (const name of ["wings", "__proto__", "a", "x".repeat(64)]) {
    assertRefused(
      JSON.parse(`{"${name}": {}}`),
      `Unknown option ${name}: there are only ${ENGINE_NAMES}`,
    );
  }
});

test("Of several names that are close to one that is misspelt the nearest is meant", () => {
  const known = ["gt", "gte", "lt", "lte", "limit", "maxKeySize"];
  const only = `only ${known.join(", ")}`;
  const cases = [["gtt", "gt"], ["gtee", "gte"], ["LTE", "lte"]]
    .concat([["limt", "limit"], ["maxKeysSize", "maxKeySize"]]);
  for (const [name, meant] of cases) {
    assertEquals(onlyNames(name!, known), `${only}; did you mean ${meant}?`);
  }
  for (const name of ["on", "to", "end", "x".repeat(1_000_000)]) {
    assertEquals(onlyNames(name, known), only);
  }
});

test("Options that the caller checks itself are let through", () => {
  const given = { keys: {}, values: {}, sync: false } as { sync: boolean };
  assertEquals(resolveOptions(given, ["keys", "values"]).sync, false);
  assertEquals(
    refusal({ key: {} }, ["keys", "values"]).message,
    `Unknown option key: there are only ${ENGINE_NAMES}, keys, values; did you mean keys?`,
  );
});

test("A read-only engine makes no store", () => {
  assertEquals(resolveOptions({ readOnly: true }).createIfMissing, false);
});

test("Combinations without sense are refused", () => {
  assertRefused(
    { readOnly: true, errorIfExists: true },
    "Invalid option errorIfExists: with readOnly there would be nothing to open",
  );
  assertRefused(
    { readOnly: true, createIfMissing: true },
    "Invalid option createIfMissing: readOnly never makes a store",
  );
  assertRefused(
    { createIfMissing: false, errorIfExists: true },
    "Invalid option errorIfExists: with createIfMissing false no store could ever be opened",
  );
  assertRefused(
    { blockSize: 32_768, compaction: { segmentSize: 16_384 } },
    "Invalid option blockSize: got 32768, expected no more than compaction.segmentSize, which is 16384",
  );
});
