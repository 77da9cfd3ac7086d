import type { Version } from "../../manifest/version.ts";
import type { Segment } from "./segment.ts";

/** A version whose segments stay readable for as long as anybody holds it. */
export class LiveVersion {
  readonly version: Version<Segment>;
  #holders = 1;

  /** The maker is the first holder. */
  constructor(version: Version<Segment>) {
    this.version = version;
    for (const segments of version.levels) {
      for (const segment of segments) segment.retain();
    }
  }

  /** Keeps the segments for one more holder. */
  retain(): void {
    this.#holders++;
  }

  /** Lets go for one holder; every `retain` has one `release`. */
  release(): void {
    if (--this.#holders > 0) return;
    for (const segments of this.version.levels) {
      for (const segment of segments) segment.release();
    }
  }

  /**
   * Lets the maker hold `next` instead.
   *
   * @param retire Told of each segment that `next` does not have.
   */
  replacedBy(
    next: Version<Segment>,
    retire: (segment: Segment) => void,
  ): LiveVersion {
    const live = new LiveVersion(next);
    const kept = new Set(next.levels.flat());
    for (const segment of this.version.levels.flat()) {
      if (!kept.has(segment)) retire(segment);
    }
    this.release();
    return live;
  }
}
