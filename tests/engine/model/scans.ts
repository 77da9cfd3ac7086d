import { below, pick } from "../../codec/random.ts";
import { expectEntries, expectSame } from "./expect.ts";
import { encodedRange } from "./face.ts";
import { OpenScan, type ScanSpec } from "./open_scan.ts";
import { randomScan } from "./random_range.ts";
import type { World } from "./world.ts";

const MOST_SCANS = 5;

/** Scans, whole, step by step, as streams and in between. */
export class Scans {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Goes through a range from its beginning to its end. */
  scan(): void {
    this.#drain(this.#spec());
  }

  /** The first or last key of a range. */
  firstOrLast(): void {
    this.#drain({ ...this.#spec(), limit: 1 });
  }

  openScan(): void {
    const world = this.#world;
    if (world.scans.length >= MOST_SCANS) return;
    world.scans.push(new OpenScan(world.place(), this.#spec()));
  }

  stepScan(): void {
    const world = this.#world;
    if (world.scans.length === 0) return this.scan();
    const scan = pick(world.random, world.scans);
    for (let steps = 1 + below(world.random, 8); steps > 0; steps--) {
      const stepped = scan.step();
      if (stepped !== undefined) world.pending.add(stepped);
    }
    if (scan.isDone) world.scans.splice(world.scans.indexOf(scan), 1);
  }

  endScan(): void {
    const world = this.#world;
    if (world.scans.length === 0) return this.stepScan();
    const at = below(world.random, world.scans.length);
    const [scan] = world.scans.splice(at, 1);
    world.pending.add(scan!.end());
  }

  /** Ends a scan by its signal. */
  abortScan(): void {
    const { place, options, expected } = this.#expected();
    if (expected.length === 0) return;
    const controller = new AbortController();
    const reason = new Error("Enough");
    const { signal } = controller;
    const scan = place.reader.scan({ ...options, signal });
    const steps = below(this.#world.random, expected.length);
    this.#world.pending.add((async () => {
      const found: unknown[] = [];
      while (found.length < steps) found.push((await scan.next()).value);
      expectEntries(place.face, found, expected.slice(0, steps));
      controller.abort(reason);
      const outcome = await scan.next().catch((error) => error);
      expectSame(outcome, reason, "step after the signal");
    })());
  }

  /** Reads a scan as a stream, to its end or not. */
  stream(): void {
    const { place, options, expected } = this.#expected();
    const stream = place.reader.scan(options).stream();
    const isCancelled = this.#world.random() < 0.3;
    const most = isCancelled ? 1 + below(this.#world.random, 10) : Infinity;
    this.#world.pending.add((async () => {
      const found: unknown[] = [];
      // Leaving the loop cancels the stream.
      for await (const entry of stream) {
        if (found.push(entry) >= most) break;
      }
      expectEntries(place.face, found, expected.slice(0, most));
    })());
  }

  exportTo(): void {
    const { place, options, expected } = this.#expected();
    const found: unknown[] = [];
    const target = new WritableStream<unknown>({
      write: (entry) => void found.push(entry),
    });
    const done = place.reader.exportTo(target, options);
    this.#world.pending.add(done, ({ entries }) => {
      expectSame(entries, expected.length, "exported entries");
      expectEntries(place.face, found, expected);
    });
  }

  #drain(spec: ScanSpec): void {
    const world = this.#world;
    const drained = new OpenScan(world.place(), spec).drain();
    if (drained !== undefined) world.pending.add(drained);
  }

  #spec(): ScanSpec {
    const world = this.#world;
    return randomScan(world.random, {
      key: () => world.key(),
      canCutKeys: world.setting.canCutKeys,
      mayBeSync: world.setting.storage.synchronous,
    });
  }

  /** A scan, and all that it has to come to. */
  #expected() {
    const place = this.#world.place();
    const { range, reverse, limit } = this.#spec();
    const expected: [string, string][] = [];
    const scan = { moment: place.moment, range, reverse };
    for (const entry of place.model.entries(scan)) {
      if (expected.length >= limit) break;
      expected.push(entry);
    }
    const options = { ...encodedRange(place.face, range), reverse, limit };
    return { place, options, expected };
  }
}
