import { AbstractSnapshot } from "abstract-level";
import type { Engine } from "../engine/engine.ts";
import type { Snapshot } from "../engine/read/snapshot.ts";
import { type Data, Faces, type Form } from "./formats.ts";

/** The types of abstract-level leave out what its constructor takes. */
const Base = AbstractSnapshot as unknown as new (
  options: object,
) => AbstractSnapshot;

/** An explicit snapshot: the token that read methods take as the option `snapshot`. */
export class LevelSnapshot extends Base {
  readonly #engine: Engine<Uint8Array, Uint8Array>;
  readonly #snapshot: Snapshot<Uint8Array, Uint8Array>;
  readonly #faces: Faces<Snapshot<Data, Data>>;

  /** @param options With `owner`, the database or sublevel that closes it. */
  constructor(engine: Engine<Uint8Array, Uint8Array>, options: object) {
    super(options);
    this.#engine = engine;
    this.#snapshot = engine.snapshot();
    this.#faces = new Faces((codecs) => this.#snapshot.withCodecs(codecs));
  }

  /** Whether it shows a state of the store that `engine` has open. */
  isOf(engine: Engine<Uint8Array, Uint8Array>): boolean {
    return this.#engine === engine;
  }

  /** What reads keys and values in these forms. */
  face(keys: Form, values: Form): Snapshot<Data, Data> {
    return this.#faces.of(keys, values);
  }

  _close(): void {
    for (const face of this.#faces.made()) face.close();
    this.#snapshot.close();
  }
}
