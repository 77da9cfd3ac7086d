import { assertEquals, assertThrows } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import { bytes } from "../../src/codec/bytes.ts";
import type { ScanOptions } from "../../src/engine/api/ranges.ts";
import { checkScanOptions, encodeRange } from "../../src/engine/read/ranges.ts";
import { KvError } from "../../src/errors.ts";
import { below, pick, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";

const of = (...values: number[]) => Uint8Array.from(values);

test("A prefix ends where no key can begin with it any more", () => {
  const cases: [number[], number[] | undefined][] = [
    [[1], [2]],
    [[1, 0xfe], [1, 0xff]],
    [[1, 0xff], [2]],
    [[1, 0xff, 0xff], [2]],
    [[0xfe, 0xff], [0xff]],
    [[0xff], undefined],
    [[0xff, 0xff, 0xff], undefined],
    [[0xff, 0], [0xff, 1]],
    [[0], [1]],
    [[], undefined],
  ];
  for (const [prefix, end] of cases) {
    const { lower, upper } = encodeRange(bytes, { prefix: of(...prefix) });
    assertEquals(lower, of(...prefix));
    assertEquals(upper, end && of(...end), `prefix ${prefix}`);
  }
});

test("gt and lte reach right behind their key, before the next longer one", () => {
  const { lower, upper } = encodeRange(bytes, { gt: of(1), lte: of(2) });
  assertEquals([lower, upper], [of(1, 0), of(2, 0)]);
  const closed = encodeRange(bytes, { gte: of(1), lt: of(2) });
  assertEquals(closed, { lower: of(1), upper: of(2) });
  const open = encodeRange(bytes, {});
  assertEquals(open, { lower: undefined, upper: undefined });
});

test("Bounds and prefix narrow one another as a filter by each of them would", () => {
  const random = seeded(1);
  const key = () =>
    Uint8Array.from(
      { length: below(random, 4) },
      () => pick(random, [0, 1, 0x7f, 0xfe, 0xff]),
    );
  const maybe = () => random() < 0.4 ? key() : undefined;
  const keys = Array.from({ length: 200 }, key);
  for (let i = 0; i < 2_000; i++) {
    const options = withoutUndefined({
      prefix: maybe(),
      ...(random() < 0.5 ? { gt: maybe() } : { gte: maybe() }),
      ...(random() < 0.5 ? { lt: maybe() } : { lte: maybe() }),
    });
    const { lower, upper } = encodeRange(bytes, options);
    for (const key of keys) {
      const isIn = (!lower || compareBytes(key, lower) >= 0) &&
        (!upper || compareBytes(key, upper) < 0);
      assertEquals(isIn, passes(key, options), JSON.stringify(options));
    }
  }
});

test("A range keeps its bounds when the caller goes on to change the bytes it gave", () => {
  const bound = of(5);
  const { lower } = encodeRange(bytes, { gte: bound });
  bound[0] = 9;
  assertEquals(lower, of(5));
});

test("Options that no scan has, or whose values it cannot use, are refused by name", () => {
  const refused: [unknown, string][] = [
    [null, "options must be an object"],
    ["a", "options must be an object"],
    [{ from: of(1) }, "unknown option from"],
    [{ limit: -1 }, "limit must be a whole number of at least 0, got -1"],
    [{ limit: 1.5 }, "limit must be a whole number of at least 0, got 1.5"],
    [{ limit: NaN }, "limit must be a whole number of at least 0, got NaN"],
    [{ limit: "1" }, 'limit must be a whole number of at least 0, got "1"'],
    [
      { limit: Symbol("1") },
      "limit must be a whole number of at least 0, got a symbol",
    ],
    [{ signal: 1 }, "signal must be an AbortSignal, got 1"],
    [{ limit: null }, "limit must be a whole number of at least 0, got null"],
    [{ reverse: 1 }, "reverse must be a boolean, got 1"],
    [{ gt: of(1), gte: of(1) }, "gt or gte"],
    [{ lt: of(1), lte: of(1) }, "lt or lte"],
  ];
  for (const [options, problem] of refused) {
    const error = assertThrows(
      () => checkScanOptions(options as ScanOptions<Uint8Array>),
      KvError,
      problem,
    );
    assertEquals(error.code, "KV_INVALID_ARGUMENT");
  }
  const { signal } = new AbortController();
  const fine = [
    {},
    { limit: 0 },
    { limit: Infinity },
    { limit: Number.MAX_SAFE_INTEGER, reverse: false },
    { gt: of(1), lte: of(1), prefix: of() },
    { signal },
  ];
  for (const options of fine) checkScanOptions(options);
});

type Options = Partial<
  Record<"gt" | "gte" | "lt" | "lte" | "prefix", Uint8Array>
>;

function withoutUndefined(
  options: Record<string, Uint8Array | undefined>,
): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Options;
}

function passes(
  key: Uint8Array,
  { gt, gte, lt, lte, prefix }: Options,
): boolean {
  return (!gt || compareBytes(key, gt) > 0) &&
    (!gte || compareBytes(key, gte) >= 0) &&
    (!lt || compareBytes(key, lt) < 0) &&
    (!lte || compareBytes(key, lte) <= 0) &&
    (!prefix || prefix.every((byte, i) => byte === key[i]));
}
