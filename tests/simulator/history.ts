import type { Write } from "./operations.ts";

/** A key and its value. */
export type Entry = readonly [key: string, value: string];

/** Writes that happen together, and what is known of them. */
interface Commit {
  /** What may be the last sequence number once all of them are there. */
  lastSequences: readonly number[];
  /** The whole state after them, by key. */
  readonly entries: readonly Entry[];
  /** Calls of the storage before they were issued. */
  readonly issuedAt: number;
  /** Calls of the storage before they were acknowledged. */
  acknowledgedAt: number;
  /** Calls of the storage before they were acknowledged as durable. */
  syncedAt: number;
}

/** The oracle: all that a user has written, in order, and what had been promised of it when. */
export class History {
  readonly #commits: Commit[];

  /** @param commits By default none, on an empty store. */
  constructor(commits: readonly Commit[] = []) {
    this.#commits = [...commits];
    if (commits.length > 0) return;
    const always = { issuedAt: -1, acknowledgedAt: 0, syncedAt: 0 };
    this.#commits.push({ lastSequences: [0], entries: [], ...always });
  }

  /** Number of the last commit; that of an empty store is 0. */
  get last(): number {
    return this.#commits.length - 1;
  }

  /** The state that reads see: everything that was issued. */
  get entries(): readonly Entry[] {
    return this.entriesAfter(this.last);
  }

  entriesAfter(commit: number): readonly Entry[] {
    return this.#commits[commit]!.entries;
  }

  /** Value of a key in the state that reads see. */
  value(key: string): string | undefined {
    return this.entries.find(([other]) => other === key)?.[1];
  }

  /**
   * Notes writes that the engine has taken, and answers with their number.
   *
   * @param lastSequence The last sequence number after them; several where it is not known which.
   */
  issue(
    writes: readonly Write[],
    { lastSequence, call }: {
      lastSequence: number | readonly number[];
      call: number;
    },
  ): number {
    this.#commits.push({
      lastSequences: [lastSequence].flat(),
      entries: apply(this.entries, writes),
      issuedAt: call,
      acknowledgedAt: Infinity,
      syncedAt: Infinity,
    });
    return this.last;
  }

  /** Notes what is known by now of the last sequence number after a commit. */
  setLastSequences(commit: number, lastSequences: readonly number[]): void {
    this.#commits[commit]!.lastSequences = lastSequences;
  }

  /**
   * Notes that the user has learned, after `call`, that a commit and all before it are safe from
   * the death of the process.
   */
  acknowledge(commit: number, call: number): void {
    for (let i = commit; i >= 0; i--) {
      const known = this.#commits[i]!;
      if (known.acknowledgedAt <= call) return;
      known.acknowledgedAt = call;
    }
  }

  /**
   * Notes that the user has learned, after `call`, that a commit and all before it are safe from a
   * loss of power too.
   */
  acknowledgeSync(commit: number, call: number): void {
    this.acknowledge(commit, call);
    for (let i = commit; i >= 0; i--) {
      const known = this.#commits[i]!;
      if (known.syncedAt <= call) return;
      known.syncedAt = call;
    }
  }

  /** The last commit that a crash after `call` must not lose. */
  promised(call: number, isPowerLoss: boolean): number {
    return this.#commits.findLastIndex(({ acknowledgedAt, syncedAt }) =>
      (isPowerLoss ? syncedAt : acknowledgedAt) <= call
    );
  }

  /** The last commit that can be on storage after `call`. */
  possible(call: number): number {
    return this.#commits.findLastIndex(({ issuedAt }) => issuedAt < call);
  }

  /**
   * The commits after which `lastSequence` may be the last sequence number, the newest first:
   * several where an import has taken none.
   */
  commitsAt(lastSequence: number): number[] {
    return this.#commits.flatMap(({ lastSequences }, i) =>
      lastSequences.includes(lastSequence) ? i : []
    ).reverse();
  }

  /**
   * The history that begins with the recovery, from a crash after `call`, of all up to `commit`.
   */
  recovered(
    commit: number,
    { call, isPowerLoss }: { call: number; isPowerLoss: boolean },
  ): History {
    const kept = this.#commits.slice(0, commit + 1).map((known) => ({
      ...known,
      issuedAt: -1,
      // Recovery finds the same again. What was in memory of the system only is as durable as
      // before.
      acknowledgedAt: 0,
      syncedAt: isPowerLoss || known.syncedAt <= call ? 0 : Infinity,
    }));
    return new History(kept);
  }
}

function apply(
  entries: readonly Entry[],
  writes: readonly Write[],
): readonly Entry[] {
  const state = new Map(entries);
  for (const [key, value, end] of writes) {
    if (value !== undefined) state.set(key, value);
    else if (end === undefined) state.delete(key);
    else {
      for (const other of state.keys()) {
        if (other >= key && other < end) state.delete(other);
      }
    }
  }
  return [...state].sort(([a], [b]) => a < b ? -1 : 1);
}
