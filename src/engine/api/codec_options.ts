import type { Codec } from "../../codec/codec.ts";

/** Options without codecs: keys and values are text, encoded with `utf8`. */
export interface NoCodecs {
  /** Left out: keys are text. */
  readonly keys?: undefined;
  /** Left out: values are text. */
  readonly values?: undefined;
}

/** Options with a codec for the values only: keys are text, encoded with `utf8`. */
export interface ValueCodec<V> {
  /** Left out: keys are text. */
  readonly keys?: undefined;
  /** Encodes values. */
  readonly values: Codec<V>;
}

/** Options with a codec for the keys only: values are text, encoded with `utf8`. */
export interface KeyCodec<K> {
  /** Encodes keys, and so determines their order. */
  readonly keys: Codec<K>;
  /** Left out: values are text. */
  readonly values?: undefined;
}
