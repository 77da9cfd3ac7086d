import type { EngineOptions } from "../../../src/options.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Face } from "./face.ts";
import type { KeyMaker } from "./keys.ts";

/** What a model test runs on. */
export interface ModelSetting {
  readonly name: string;
  readonly storage: Storage;
  /** Files that are open and should not be, once the engine is closed. */
  readonly leftOpen: () => readonly string[];
  readonly face: Face;
  readonly key: KeyMaker;
  /** Whether keys may be cut anywhere to make prefixes. */
  readonly canCutKeys: boolean;
  /** How many times longer values are than those of other settings. Default 1. */
  readonly valueScale?: number;
  /** The store is opened with one of these each time. */
  readonly options: readonly EngineOptions[];
}
