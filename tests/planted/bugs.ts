/** A fault that is put into the source on purpose, and a test that has to notice. */
export interface PlantedBug {
  readonly name: string;
  /** File in the repository. */
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** File of tests. */
  readonly test: string;
  /** Part of the names of the tests that are run. Default: all. */
  readonly only?: string;
  /** Variables for the run, such as a smaller number of repetitions. */
  readonly env?: Readonly<Record<string, string>>;
  /** The runtime that shows it. Default: Deno. */
  readonly runtime?: "node";
}

/** Enough for the simulator to meet each of its workloads. */
const FEW_CRASHES = { PUREKV_RECOVERIES: "3000" };

/** The classic mistakes of storage engines. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "The directory is not synced after a new manifest",
    file: "src/manifest/manifest_store.ts",
    from: "  await storage.syncDirectory();\n}",
    to: "}",
    test: "tests/simulator/crash_test.ts",
    env: FEW_CRASHES,
  },
  {
    name: "A write is acknowledged before it is synced",
    file: "src/engine/store/commit_queue.ts",
    from: "if (isPending(synced)) await synced;",
    to: "if (isPending(synced)) synced.catch(() => {});",
    test: "tests/engine/commit_queue_test.ts",
  },
  {
    name: "A short write is taken for a whole one",
    file: "src/storage/local_file.ts",
    from: "while (written < bytes.length) {",
    to: "if (written < bytes.length) {",
    test: "tests/storage/short_write_test.ts",
    // Deno never lets a short write through.
    runtime: "node",
  },
  {
    name: "A sequence number is used twice, in two logs",
    file: "src/engine/state/tables.ts",
    from: "this.#create(table.lastSequence + 1, capacity)",
    to: "this.#create(table.lastSequence, capacity)",
    test: "tests/damage/log_test.ts",
    env: { PUREKV_EVERY: "64" },
  },
  {
    name: "A tombstone is dropped above older values",
    file: "src/compaction/retention.ts",
    from: `return entry.kind !== DELETE ||
      this.#mayHoldBelow(keyBuffer, keyOffset, keyLength);`,
    to: "return entry.kind !== DELETE;",
    test: "tests/compaction/retention_test.ts",
  },
  {
    name: "A log is removed before the manifest names its segment",
    file: "src/engine/background/flushes.ts",
    from: `    await versions.change({
      edit: { add, remove: [] },`,
    to: `    await this.#options.removeLog(source.logName);
    await versions.change({
      edit: { add, remove: [] },`,
    test: "tests/simulator/crash_test.ts",
    env: FEW_CRASHES,
  },
  {
    name: "A frame of a log with a bad checksum is accepted",
    file: "src/format/log_format.ts",
    from: `return crc32(body, salt) === frameChecksum(source, start)
    ? header
    : undefined;`,
    to: "return body && header;",
    test: "tests/damage/log_test.ts",
    env: { PUREKV_EVERY: "64" },
  },
  {
    name: "A section of a segment with a bad checksum is accepted",
    file: "src/segment/section.ts",
    from: "if (crc !== readUint32(section, kindOffset + 1)) {",
    to: "if (crc < 0) {",
    test: "tests/damage/bytes_test.ts",
    env: { PUREKV_EVERY: "16" },
  },
  {
    name: "A manifest with a bad checksum is accepted",
    file: "src/manifest/manifest_codec.ts",
    from: "if (readUint32(bytes, CRC_OFFSET) !== checksum(bytes)) {",
    to: "if (checksum(bytes) < 0) {",
    test: "tests/damage/bytes_test.ts",
    env: { PUREKV_EVERY: "16" },
  },
  {
    name: "Compaction forgets a snapshot",
    file: "src/engine/background/background_options.ts",
    from: "snapshots: snapshots.sorted(),",
    to: "snapshots: [],",
    test: "tests/engine/background_test.ts",
    only: "snapshot",
  },
  {
    name: "A follower forgets the range deletes that its snapshots see",
    file: "src/follower/followed_store.ts",
    from: "() => snapshots.sorted()",
    to: "() => []",
    test: "tests/follower/snapshot_test.ts",
    only: "range delete that",
  },
  {
    name: "A repair takes what it could not read again for records",
    file: "src/maintenance/log_salvage.ts",
    from: "if (files.problemIn(name, frame.start, frame.end) !== undefined) {",
    to: "if (records.passed < 0) {",
    test: "tests/maintenance/unreadable_test.ts",
    only: "Whichever read",
  },
  {
    name: "A folder is opened without taking the lock",
    file: "src/storage/local_files.ts",
    from: "return lockExclusive(this.location);",
    to: "return lockShared(this.location);",
    test: "tests/storage/lock_test.ts",
  },
  {
    name: "A sync that failed is tried again",
    file: "src/engine/store/store.ts",
    from: "sync: () => this.#whileSound(() => this.#logs.sync()),",
    to: `sync: async () => {
        try {
          await this.#logs.sync();
        } catch {
          await this.#logs.sync();
        }
      },`,
    test: "tests/simulator/faults_test.ts",
    only: "no sync of that file is tried again",
    env: { PUREKV_EVERY: "5" },
  },
  {
    name: "A log takes writes before the manifest names it",
    file: "src/engine/store/log_committer.ts",
    from: "() => this.#versions.change({ logs }),",
    to: "() => void this.#versions.change({ logs }).catch(() => {}),",
    test: "tests/engine/log_names_test.ts",
  },
  {
    name: "Recovery cuts off what later frames say to have been durable",
    file: "src/engine/state/recovery.ts",
    from: "if (promised <= this.#lastSequence) return;",
    to: "if (promised <= Infinity) return;",
    test: "tests/damage/log_test.ts",
    env: { PUREKV_EVERY: "64" },
  },
  {
    name: "A compaction applies range deletes to what was written after them",
    file: "src/compaction/applied_tombstones.ts",
    from: "oldestAfter(fragment, ceiling ?? entry.sequence)",
    to: "oldestAfter(fragment, 0)",
    test: "tests/compaction/applied_tombstones_test.ts",
  },
  {
    name: "A range tombstone is dropped while a segment still needs it",
    file: "src/manifest/version.ts",
    from: "lowest = Math.min(lowest, ceiling);",
    to: "if (lowest === Infinity) lowest = ceiling;",
    test: "tests/simulator/crash_test.ts",
    only: "ranges",
    env: FEW_CRASHES,
  },
  {
    name: "A scan that began before sees a range delete",
    file: "src/engine/read/scan.ts",
    from: "const { state, maxSequence, ranges } = source;",
    to: `const { state, maxSequence } = source;
  const ranges = state.visibleRanges(Infinity);`,
    test: "tests/engine/range_delete_test.ts",
  },
  {
    name: "An import is seen by snapshots from before it",
    file: "src/engine/import/installation.ts",
    from: "segment.visibleFrom = visibleFrom;",
    to: "segment.visibleFrom = Math.min(0, visibleFrom);",
    test: "tests/engine/installation_test.ts",
    only: "snapshot",
  },
  {
    name: "An import goes below older entries of its keys",
    file: "src/engine/import/installation.ts",
    from: "const isRival = has && this.#isBefore(cursor);",
    to: "const isRival = !has && this.#isBefore(cursor);",
    test: "tests/engine/import_sorted_test.ts",
    only: "merge with them",
  },
  {
    name:
      "A flush that knows nothing of an import drops what hides its entries",
    file: "src/engine/background/background.ts",
    from: "const done = this.gate.enter(work, signal);",
    to: "const done = work();",
    test: "tests/engine/installation_test.ts",
    only: "newer",
  },
  {
    name: "A compaction begins while the manifest names an import",
    file: "src/engine/import/installation.ts",
    from: "background.gate.isShut = true;",
    to: "",
    test: "tests/engine/import_turn_test.ts",
    only: "compaction",
  },
  {
    name: "What is merged in level 0 passes for newer than a flush beside it",
    file: "src/engine/background/flushes.ts",
    from: "if (oldest === undefined) return",
    to: "return",
    test: "tests/engine/level0_test.ts",
    only: "flushed",
  },
  {
    name: "A merge in level 0 drops deletes of what lies there below it",
    file: "src/compaction/compactor.ts",
    from: "job.outputLevel === 0 ||",
    to: "",
    test: "tests/engine/level0_test.ts",
    only: "delete",
  },
  {
    name: "A delete is flushed ahead as if no older MemTable had its key",
    file: "src/engine/background/flushes.ts",
    from: "keepsDeletes: this.#underWay[0] !== flush,",
    to: "keepsDeletes: false,",
    test: "tests/engine/flushes_test.ts",
    only: "Deletes",
  },
  {
    name: "A write is acknowledged though another engine has the store by now",
    file: "src/engine/store/log_committer.ts",
    from: "      if (unsynced.length > 0) this.#assertLock();\n",
    to: "",
    test: "tests/engine/lock_lost_test.ts",
    only: "after each sync",
  },
  {
    name:
      "A sync of the folder that fails in the worker is kept from the engine",
    file: "src/engine/background/worker_runner.ts",
    from: "      this.#noteFailure(message.directoryFailure);\n",
    to: "",
    test: "tests/engine/worker_sync_test.ts",
  },
  {
    name: "A length that a codec has made up is taken for that of a value",
    file: "src/engine/write/batch_records.ts",
    from: "if (isWritten(length, this.#bytes.length - offset)) return length;",
    to: "if (length >= 0) return length;",
    test: "tests/engine/claimed_length_test.ts",
    only: "batch",
  },
  {
    name: "What is known of one block is believed of the next",
    file: "src/format/entry.ts",
    from:
      "    this.#neighbors = neighbors;\n    this.#asciiParts = undefined;\n",
    to: "    this.#neighbors = neighbors;\n",
    test: "tests/engine/ascii_reads_test.ts",
  },
  {
    name:
      "Blocks that were just written are cached under the numbers of others",
    file: "src/segment/block_pieces.ts",
    from: "      this.#first = number;\n",
    to: "",
    test: "tests/segment/written_blocks_test.ts",
  },
  {
    name: "The first bytes of a key decide alone which segment has it",
    file: "src/manifest/sorted_level.ts",
    from: "return codes[low] === code\n",
    to: "return low < 0\n",
    test: "tests/manifest/sorted_level_test.ts",
  },
  {
    name: "What is merged in level 0 takes a number above that of a flush",
    file: "src/engine/background/background.ts",
    from: "mayMergeLevel0: this.#flushes.haveLevel0Numbers,",
    to: "mayMergeLevel0: true,",
    test: "tests/engine/flushes_test.ts",
  },
];

/**
 * The source with the bug in it. Throws where the text that it takes the place of is not there, or
 * not once.
 */
export function plant(source: string, bug: PlantedBug): string {
  const [before, after, ...more] = source.split(bug.from);
  if (after === undefined || more.length > 0) {
    throw new Error(
      `Cannot plant "${bug.name}": ${bug.file} has its text ${
        after === undefined ? "nowhere" : "more than once"
      }`,
    );
  }
  return `${before}${bug.to}${after}`;
}
