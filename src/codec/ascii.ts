import type { Codec } from "./codec.ts";
import { decodeAsciiJson, decodeJson } from "./json.ts";
import { decodeAscii, utf8 } from "./utf8.ts";

type Decode<T> = Codec<T>["decode"];

/** By function, not by codec: one that was made of another may decode in a way of its own. */
const FOR_ASCII: ReadonlyMap<Decode<unknown>, Decode<unknown>> = new Map<
  Decode<unknown>,
  Decode<unknown>
>([[utf8.decode, decodeAscii], [decodeJson, decodeAsciiJson]]);

/**
 * What does the same as the `decode` of a codec where all bytes are known to be ASCII, if there is
 * something faster: codecs of text need not ask then whether they are.
 */
export function decodeOfAscii<T>({ decode }: Codec<T>): Decode<T> | undefined {
  return FOR_ASCII.get(decode) as Decode<T> | undefined;
}
