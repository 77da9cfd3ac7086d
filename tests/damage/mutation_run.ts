import { Buffer } from "node:buffer";
import { verify } from "../../mod.ts";
import { KvCorruptionError } from "../../src/errors.ts";
import { Random } from "../../src/testing/random.ts";
import { deterministic } from "../simulator/deterministic.ts";
import { at, damaged } from "./damage.ts";
import { FixedFiles } from "./fixed_files.ts";
import { type Mutant, mutate } from "./mutations.ts";
import { LogOracle } from "./log_oracle.ts";
import { readAll, type Reading, readWhatever } from "./reading.ts";
import { logSample, type Sample, smallSample } from "./samples.ts";
import { seal } from "./sealing.ts";

/** Which mutations are to be made. */
export interface MutationPlan {
  readonly seed: number;
  /** Number of the first mutation. */
  readonly from: number;
  /** Number behind the last. */
  readonly to: number;
}

/** How often something came of mutations. */
export interface MutationCounts {
  tried: number;
  /** Files that were the same as before, or of which nothing is read. */
  harmless: number;
  /** Errors when the store was opened or read. */
  reported: number;
}

/** Every so manyth mutation is checked by `verify`, too. */
const VERIFY_EVERY = 8;

/**
 * What is read of a mutated store at the most, as a multiple of its size: damaged blocks are read
 * again for each key.
 */
const MOST_READ_FACTOR = 400;

/**
 * Makes mutations, opens and reads the store after each, and fails for the first whose outcome is
 * wrong.
 */
export async function runMutations(
  { seed, from, to }: MutationPlan,
  onStart: (mutation: number) => void,
): Promise<MutationCounts> {
  const samples = [await smallSample(seed), await logSample(seed)];
  const oracles = new Map(
    samples.map((sample) => [sample, new LogOracle(sample.files)]),
  );
  const counts = { tried: 0, harmless: 0, reported: 0 };
  using _ = deterministic(seed);
  for (let mutation = from; mutation < to; mutation++) {
    onStart(mutation);
    const random = new Random(seed, mutation);
    // The log is slow to read.
    const sample = samples[random.below(16) === 0 ? 1 : 0]!;
    const mutant = mutate(sample, random);
    const isSealed = random.flip();
    const { name, bytes, what } = mutant;
    if (isSealed) seal(name, bytes, sample.files.get(name)!);
    const errors = await at(
      () => `mutation ${mutation}, ${what}${isSealed ? ", sealed" : ""}`,
      () => check(sample, mutant, { isSealed, oracle: oracles.get(sample)! }),
    );
    counts.tried++;
    if (errors.length > 0) counts.reported++;
    else counts.harmless++;
    if (mutation % VERIFY_EVERY === 0) {
      await at(
        () => `verify after mutation ${mutation}, ${what}, sealed: ${isSealed}`,
        () => checkVerify(sample, mutant, errors),
      );
    }
  }
  return counts;
}

/** Answers with the errors that there were. */
async function check(
  { files, history }: Sample,
  mutant: Mutant,
  { isSealed, oracle }: { isSealed: boolean; oracle: LogOracle },
): Promise<Reading["errors"]> {
  const { name, bytes } = mutant;
  const original = files.get(name)!;
  const mutated = damaged(files, mutant);
  const read = isSealed ? readWhatever : readAll;
  const reading = await read(mutated, history);
  const size = [...mutated.values()].reduce((sum, b) => sum + b.length, 0);
  if (reading.bytesRead > MOST_READ_FACTOR * size) {
    throw new Error(`${reading.bytesRead} bytes were read of ${size}`);
  }
  if (!isSealed && Buffer.compare(bytes, original) !== 0) {
    checkLoss(reading, mutant, { oracle, original });
  }
  return reading.errors;
}

/** Holds that nothing that was promised is missing without an error that names the file. */
function checkLoss(
  { errors, lastSequence }: Reading,
  mutant: Mutant,
  { oracle, original }: { oracle: LogOracle; original: Uint8Array },
): void {
  for (const error of errors) {
    if (!(error instanceof KvCorruptionError)) throw error;
    if (error.file !== mutant.name && !error.file.endsWith(".log")) throw error;
  }
  if (lastSequence === undefined) return;
  if (!mutant.name.endsWith(".log")) {
    if (errors.length === 0) throw new Error("it went unnoticed");
    return;
  }
  const isLonger = mutant.bytes.length > original.length &&
    Buffer.compare(original, mutant.bytes.subarray(0, original.length)) === 0;
  if (isLonger) return;
  const expected = oracle.expectOf(mutant);
  if (expected.isRefused) throw new Error("what was synced is cut off");
}

/**
 * Holds that `verify` ends, and finds damage where something could not be read; what a value means
 * is not its business.
 */
async function checkVerify(
  { files }: Sample,
  mutant: Mutant,
  errors: Reading["errors"],
): Promise<void> {
  const storage = new FixedFiles(damaged(files, mutant));
  const { ok } = await verify(storage);
  const damage = errors.find((error) => error instanceof KvCorruptionError);
  if (ok && damage) throw new Error("verify finds nothing", { cause: damage });
  if (storage.openFiles > 0) throw new Error("verify left files open");
}
