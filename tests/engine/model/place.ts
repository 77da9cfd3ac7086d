import type { KvReader } from "../../../src/engine/api/reader.ts";
import type { Face } from "./face.ts";
import type { Model } from "./model.ts";
import type { Moments } from "./moments.ts";

/** The keys outside keyspaces, or one keyspace, and the model of them. */
export interface Space {
  readonly index: number;
  /** `undefined` for the keys outside keyspaces. */
  readonly name: string | undefined;
  readonly model: Model;
}

/** What reads one space, and what it has to show. */
export interface Place {
  readonly reader: KvReader<unknown, unknown>;
  readonly face: Face;
  readonly model: Model;
  readonly moments: Moments;
  /** The moment of the model that the reader shows. */
  readonly moment: number;
}

/**
 * What shows all spaces as they were at a moment: a snapshot, of a follower too, or a follower
 * until it looks again.
 */
export interface View {
  readonly moment: number;
  /** By the index of the space. */
  readonly readers: readonly KvReader<unknown, unknown>[];
}
