import type { Version } from "../manifest/version.ts";
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
}
