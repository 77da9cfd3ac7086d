import { compareBytes } from "../bytes/compare.ts";
import { stripeOf } from "../format/stripe.ts";

/**
 * A stretch of keys, and the range deletes that cover all of it. Plain data, so that it can be sent
 * to a worker; never changed once made.
 */
export interface Fragment {
  readonly start: Uint8Array;
  /** The first key behind the stretch; `undefined` if it goes on to the last key. */
  readonly end: Uint8Array | undefined;
  /** Sequence numbers of the deletes, from the newest to the oldest; at least one. */
  readonly sequences: readonly number[];
}

/** Fragments by ascending key that share none. */
export type Fragments = readonly Fragment[];

/**
 * Lays two sets of fragments over one another. Where both cover a stretch, what nobody can tell
 * apart is left out: of the deletes that all snapshots see alike the newest stays.
 *
 * @param snapshots Sequence numbers of the live snapshots, ascending.
 */
export function mergeFragments(
  a: Fragments,
  b: Fragments,
  snapshots: readonly number[],
): Fragments {
  const joined = new JoinedFragments();
  const left = new Remainder(a);
  const right = new Remainder(b);
  const union = unionFor(snapshots);
  while (left.rest !== undefined && right.rest !== undefined) {
    const order = compareBytes(left.rest.start, right.rest.start);
    if (order < 0) joined.add(left.takeUntil(right.rest.start));
    else if (order > 0) joined.add(right.takeUntil(left.rest.start));
    else {
      const end = smallerEnd(left.rest.end, right.rest.end);
      const { start, sequences } = left.takeUntil(end);
      const both = union(sequences, right.takeUntil(end).sequences);
      joined.add({ start, end, sequences: both });
    }
  }
  for (const side of [left, right]) {
    while (side.rest !== undefined) joined.add(side.takeUntil(undefined));
  }
  return joined.fragments;
}

/** The deletes of each fragment that `wanted` names; a fragment without any is left out. */
export function filterFragments(
  fragments: Fragments,
  wanted: (fragment: Fragment) => readonly number[],
): Fragments {
  const joined = new JoinedFragments();
  for (const fragment of fragments) {
    const { start, end } = fragment;
    const sequences = wanted(fragment);
    if (sequences.length > 0) joined.add({ start, end, sequences });
  }
  return joined.fragments;
}

/** Of the deletes that all live snapshots see alike, the newest. */
export function newestPerStripe(
  sequences: readonly number[],
  snapshots: readonly number[],
): readonly number[] {
  if (sequences.length < 2) return sequences;
  let last = Infinity;
  const kept = sequences.filter((sequence) => {
    const stripe = stripeOf(snapshots, sequence);
    const isNewest = stripe < last;
    last = stripe;
    return isNewest;
  });
  return kept.length === sequences.length ? sequences : kept;
}

/** What of a list of fragments is still to be gone through. */
class Remainder {
  readonly #fragments: Fragments;
  #index = 0;
  rest: Fragment | undefined;

  constructor(fragments: Fragments) {
    this.#fragments = fragments;
    this.rest = fragments[0];
  }

  /** Takes what lies before `end` off the next fragment. */
  takeUntil(end: Uint8Array | undefined): Fragment {
    const taken = this.rest!;
    if (end === undefined || !isEndBehind(taken.end, end)) {
      this.rest = this.#fragments[++this.#index];
      return taken;
    }
    this.rest = { ...taken, start: end };
    return { ...taken, end };
  }
}

/** Fragments that follow one another, made one where they are covered alike. */
class JoinedFragments {
  readonly fragments: Fragment[] = [];

  add(fragment: Fragment): void {
    const last = this.fragments.at(-1);
    if (last === undefined || !isContinued(last, fragment)) {
      this.fragments.push(fragment);
      return;
    }
    const { start, sequences } = last;
    this.fragments[this.fragments.length - 1] = {
      start,
      end: fragment.end,
      sequences,
    };
  }
}

function isContinued(last: Fragment, next: Fragment): boolean {
  return last.end !== undefined && areSame(last.sequences, next.sequences) &&
    compareBytes(last.end, next.start) === 0;
}

/**
 * Makes what unites two lists of sequence numbers. Lists are shared where that is possible:
 * neighbours mostly have the same.
 */
function unionFor(snapshots: readonly number[]) {
  let lastA: readonly number[] | undefined;
  let lastB: readonly number[] | undefined;
  let last: readonly number[] = [];
  return (a: readonly number[], b: readonly number[]): readonly number[] => {
    if (a === lastA && b === lastB) return last;
    const all = [...new Set([...a, ...b])].sort((x, y) => y - x);
    const kept = newestPerStripe(all, snapshots);
    lastA = a;
    lastB = b;
    return last = [a, b].find((list) => areSame(list, kept)) ?? kept;
  };
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  return a === b ||
    a.length === b.length && a.every((sequence, i) => sequence === b[i]);
}

function smallerEnd(
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareBytes(a, b) < 0 ? a : b;
}

/** Whether a stretch with this end reaches past `key`. */
function isEndBehind(end: Uint8Array | undefined, key: Uint8Array): boolean {
  return end === undefined || compareBytes(end, key) > 0;
}
