// Pages of 4 KiB, as file systems and disks lose, mix up and forget to write them.
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { KvCorruptionError } from "../../src/errors.ts";
import { Random } from "../../src/testing/random.ts";
import { test } from "../harness.ts";
import { deterministic } from "../simulator/deterministic.ts";
import { at, type Damage, damaged } from "./damage.ts";
import { LogOracle } from "./log_oracle.ts";
import { readAll, readWhatever } from "./reading.ts";
import { largeSample } from "./samples.ts";
import { seal } from "./sealing.ts";
import { every, repeat, seed } from "./settings.ts";

const PAGE_BYTES = 4096;

const sample = await largeSample(seed);
const { files, formerFiles, history } = sample;
const oracle = new LogOracle(files);

/** A file with one page that should not be there, and how it came about. */
interface WrongPage extends Damage {
  readonly what: string;
}

test("A store with a page that is lost, stale, in the wrong place or of another file gives no wrong answer, and names the file", async () => {
  using _ = deterministic(seed);
  const counts = { reported: 0, cut: 0 };
  for (const page of wrongPages()) {
    const outcome = await at(
      () => `${page.name}: ${page.what}, ${repeat}`,
      () => check(page),
    );
    counts[outcome]++;
  }
  assert(counts.reported > 100 / every, JSON.stringify(counts));
});

test("A store with a page in the wrong place whose checksums were made right gives answers or errors of the engine", async () => {
  using _ = deterministic(seed);
  let refused = 0;
  for (const { name, bytes, what } of wrongPages()) {
    seal(name, bytes, files.get(name)!);
    const { errors } = await at(
      () => `${name}: ${what}, ${repeat}`,
      () => readWhatever(damaged(files, { name, bytes }), history),
    );
    if (errors.length > 0) refused++;
  }
  assert(refused > 50 / every, `${refused}`);
});

/** Every page of every file, gone wrong in every way that changes anything. */
function* wrongPages(): Generator<WrongPage> {
  const random = new Random(seed);
  let count = 0;
  for (const [name, original] of files) {
    assert(original.length > PAGE_BYTES, name);
    const kind = name.split(".").at(-1)!;
    const stale = [
      ...formerFiles,
      ...[...files].map(([name, bytes]) => ({ name, bytes })),
    ].filter((file) => file.name.endsWith(kind) && file.name !== name);
    const replaced = name === "MANIFEST" ? formerFiles : [];
    const others = [...stale, ...replaced];
    for (let start = 0; start < original.length; start += PAGE_BYTES) {
      const page = new Page(name, original, start);
      const wrong = [
        page.filled(0),
        page.filled(0xff),
        page.exchanged(random.below(Math.ceil(original.length / PAGE_BYTES))),
        page.exchanged(start / PAGE_BYTES + 1),
        page.doubled(random.below(Math.floor(original.length / PAGE_BYTES))),
        ...others.map((other) => page.of(other.name, other.bytes)),
      ];
      for (const each of wrong) {
        const isOther = Buffer.compare(each.bytes, original) !== 0;
        if (isOther && count++ % every === 0) yield each;
      }
    }
  }
}

/** A page of a file, and what may be found in its place. */
class Page {
  readonly #name: string;
  readonly #original: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  constructor(name: string, original: Uint8Array, start: number) {
    this.#name = name;
    this.#original = original;
    this.#start = start;
    this.#end = Math.min(start + PAGE_BYTES, original.length);
  }

  filled(value: number): WrongPage {
    return this.#wrong(`filled with ${value}`, (bytes) => {
      bytes.fill(value, this.#start, this.#end);
    });
  }

  /** Page number `other` of the file in its place, too. */
  doubled(other: number): WrongPage {
    return this.#wrong(`page ${other} in its place`, (bytes) => {
      const from = other * PAGE_BYTES;
      bytes.copyWithin(this.#start, from, from + this.#end - this.#start);
    });
  }

  /** In the place of page number `other`, and that in its own. */
  exchanged(other: number): WrongPage {
    return this.#wrong(`exchanged with page ${other}`, (bytes) => {
      const from = other * PAGE_BYTES;
      const length = Math.min(
        this.#end - this.#start,
        Math.max(0, bytes.length - from),
      );
      bytes.copyWithin(this.#start, from, from + length);
      const own = this.#original.subarray(this.#start, this.#start + length);
      bytes.set(own, Math.min(from, bytes.length));
    });
  }

  /** That of another file at the same place. */
  of(name: string, other: Uint8Array): WrongPage {
    return this.#wrong(`that of ${name}`, (bytes) => {
      const stale = other.subarray(this.#start, this.#end);
      bytes.set(stale, this.#start);
    });
  }

  #wrong(how: string, change: (bytes: Uint8Array) => void): WrongPage {
    const bytes = this.#original.slice();
    change(bytes);
    return { name: this.#name, bytes, what: `page at ${this.#start} ${how}` };
  }
}

async function check(damage: Damage): Promise<"reported" | "cut"> {
  const { name } = damage;
  const isLog = name.endsWith(".log");
  const { errors, lastSequence } = await readAll(
    damaged(files, damage),
    history,
  );
  for (const error of errors) {
    assert(error instanceof KvCorruptionError, `${error}`);
    assertEquals(error.file, name);
  }
  if (!isLog) {
    assert(errors.length > 0, "it went unnoticed");
    return "reported";
  }
  const expected = oracle.expectOf(damage);
  if (lastSequence === undefined) return "reported";
  assert(!expected.isRefused, "what was synced is cut off");
  assertEquals([lastSequence, errors], [expected.lastSequence, []]);
  return "cut";
}
