import { randomUint32 } from "../common/data.ts";
import { ScrambledZipfian, SkewedLatest } from "../common/zipfian.ts";
import type { BenchStore, Done } from "../engines/engine.ts";
import { CountingReader } from "./mixed.ts";
import { Ledger } from "./ledger.ts";
import type { Session } from "./session.ts";
import {
  type Benchmark,
  checkBytes,
  scanAll,
  type Workload,
  wrong,
} from "./workload.ts";

const READ = 0;
const UPDATE = 1;
const INSERT = 2;
const SCAN = 3;
const READ_MODIFY_WRITE = 4;

/** The core workloads: shares of the operations in percent, and which records they go to. */
interface Mix {
  readonly shares: readonly (readonly [kind: number, percent: number])[];
  readonly records: "zipfian" | "latest";
}

const MIXES: Record<string, Mix> = {
  ycsba: { shares: [[READ, 50], [UPDATE, 50]], records: "zipfian" },
  ycsbb: { shares: [[READ, 95], [UPDATE, 5]], records: "zipfian" },
  ycsbc: { shares: [[READ, 100]], records: "zipfian" },
  ycsbd: { shares: [[READ, 95], [INSERT, 5]], records: "latest" },
  ycsbe: { shares: [[SCAN, 95], [INSERT, 5]], records: "zipfian" },
  ycsbf: {
    shares: [[READ, 50], [READ_MODIFY_WRITE, 50]],
    records: "zipfian",
  },
};

/** Lengths of scans are spread evenly from 1 to this. */
const LONGEST_SCAN = 100;
/** A scan costs as much as many reads: so many times fewer operations. */
const SCAN_SHARE = 10;
/** Records that are compared after a workload. */
const SAMPLE = 10_000;

export const YCSB: Record<string, Benchmark> = Object.fromEntries(
  Object.entries(MIXES).map(([name, mix], salt) => [name, {
    needs: "ycsb" as const,
    writes: name !== "ycsbc",
    prepare: (session: Session) => prepareMix(session, mix, salt),
  }]),
);

/** Fills an empty store with the records of YCSB, in the order in which it hashes them. */
export async function loadYcsb(session: Session): Promise<void> {
  const { store, data, sizes } = session;
  const order = data.ascending(data.num);
  const keys = data.scatteredKeys(order);
  const values = data.values(order, 1);
  for (let start = 0; start < data.num; start += sizes.batch) {
    const end = Math.min(start + sizes.batch, data.num);
    await store.putBatch({ keys, values, start, end });
  }
  session.ledger = new Ledger(data.num);
  session.contents = "ycsb";
  session.state = "as filled";
  await session.settle();
}

/** All operations of a run, made ahead. */
interface Plan {
  readonly kinds: Uint8Array;
  readonly keys: readonly string[];
  /** What a writing operation puts. */
  readonly values: readonly string[];
  readonly scanLengths: Uint8Array;
}

function prepareMix(session: Session, mix: Mix, salt: number): Workload {
  const { store, sizes } = session;
  const hasScans = mix.shares[0]![0] === SCAN;
  const count = hasScans
    ? Math.ceil(sizes.operations / SCAN_SHARE)
    : sizes.operations;
  const plan = planMix(session, mix, { count, salt });
  return {
    operations: count,
    movesData: false,
    async run() {
      session.state = "as used";
      for (let start = 0; start < count; start += sizes.inFlight) {
        const end = Math.min(start + sizes.inFlight, count);
        await runPart(store, plan, { start, end, valueSize: sizes.valueSize });
      }
    },
    check: () => checkSample(session),
  };
}

/**
 * Runs operations as a server does that has so many requests at the same time: reads at once where
 * the engine can, writes as they come, and the end waits for the last acknowledgement.
 */
async function runPart(
  store: BenchStore,
  { kinds, keys, values, scanLengths }: Plan,
  { start, end, valueSize }: { start: number; end: number; valueSize: number },
): Promise<void> {
  const writes: Done[] = [];
  const reader = new CountingReader(store);
  let reads = 0;
  let scanned = 0;
  function visit(_key: string, value: string): void {
    scanned += value.length;
  }
  for (let i = start; i < end; i++) {
    const kind = kinds[i]!;
    if (kind === SCAN) {
      const limit = scanLengths[i]!;
      const done = scanAll(store, { from: keys[i]!, limit }, visit);
      if (done !== undefined) await done;
      continue;
    }
    if (kind === READ || kind === READ_MODIFY_WRITE) {
      reader.read(keys[i]!);
      reads++;
    }
    if (kind !== READ) {
      const done = store.put(keys[i]!, values[i]!);
      if (done !== undefined) writes.push(done);
    }
  }
  await Promise.all(writes);
  await reader.end();
  checkBytes(reader.bytes, reads * valueSize);
  if (scanned % valueSize !== 0) throw wrong("a value is too short");
}

function planMix(
  session: Session,
  { shares, records }: Mix,
  { count, salt }: { count: number; salt: number },
): Plan {
  const { data, sizes, ledger } = session;
  const seed = sizes.seed + 7_919 * salt;
  const random = randomUint32(seed);
  const zipfian = new ScrambledZipfian(ledger.size, seed + 1);
  const latest = new SkewedLatest(ledger.size, seed + 2);
  const kinds = new Uint8Array(count);
  const numbers = new Uint32Array(count);
  const values = new Array<string>(count).fill("");
  for (let i = 0; i < count; i++) {
    // As YCSB's, the latest records are the latest that have been acknowledged.
    if (i % sizes.inFlight === 0) {
      latest.growTo(ledger.size);
      ledger.beginGroup();
    }
    const kind = pickKind(shares, random() % 100);
    const number = kind === INSERT
      ? ledger.size
      : records === "latest"
      ? latest.next()
      : zipfian.next();
    kinds[i] = kind;
    numbers[i] = number;
    if (kind === READ || kind === SCAN) continue;
    values[i] = data.value(number, ledger.write(number));
  }
  return {
    kinds,
    keys: data.scatteredKeys(numbers),
    values,
    scanLengths: kinds.map(() => 1 + random() % LONGEST_SCAN),
  };
}

function pickKind(shares: Mix["shares"], percent: number): number {
  for (const [kind, share] of shares) {
    if (percent < share) return kind;
    percent -= share;
  }
  throw new Error("The shares of a workload do not add up to 100");
}

/** Compares some records with what was last written to them. */
async function checkSample(session: Session): Promise<void> {
  const { store, data, sizes, ledger } = session;
  const random = randomUint32(sizes.seed);
  for (let i = 0; i < SAMPLE; i++) {
    const number = random() % ledger.size;
    const key = data.scatteredKey(number);
    const value = store.getSync === undefined
      ? await store.get!(key)
      : store.getSync(key);
    const isKnown = ledger.lastOf(number).some((generation) =>
      value === data.value(number, generation)
    );
    if (!isKnown) throw wrong(key);
  }
}
