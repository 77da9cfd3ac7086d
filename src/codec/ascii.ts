import type { Codec } from "./codec.ts";
import { decodeAsciiJson, decodeJson, parseJson } from "./json.ts";
import { decodeAscii, utf8 } from "./utf8.ts";

/** Does the same as the `decode` of a codec where all bytes are known to be ASCII. */
export interface AsciiDecoder<T> {
  readonly decode: Codec<T>["decode"];
  /** Decodes bytes that were made into text already. */
  fromText(text: string): T;
}

/** By function, not by codec: one that was made of another may decode in a way of its own. */
const FOR_ASCII: ReadonlyMap<
  Codec<unknown>["decode"],
  AsciiDecoder<unknown>
> = new Map<Codec<unknown>["decode"], AsciiDecoder<unknown>>([
  [utf8.decode, { decode: decodeAscii, fromText: (text) => text }],
  [decodeJson, { decode: decodeAsciiJson, fromText: parseJson }],
]);

/**
 * What decodes ASCII faster than a codec does, if there is something: codecs of text need not ask
 * then whether it is.
 */
export function asciiDecoderOf<T>(
  { decode }: Codec<T>,
): AsciiDecoder<T> | undefined {
  return FOR_ASCII.get(decode) as AsciiDecoder<T> | undefined;
}
