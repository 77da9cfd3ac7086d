import { type Codec, utf8 } from "../../mod.ts";

/** A codec for text that counts what it decodes. */
export interface CountingCodec extends Codec<string> {
  decoded: number;
}

export function countingCodec(): CountingCodec {
  const codec: CountingCodec = {
    ...utf8,
    decoded: 0,
    decode(source, start, end) {
      codec.decoded++;
      return utf8.decode(source, start, end);
    },
  };
  return codec;
}
