/**
 * The bytes of a tuple, shared by its writer and its reader. They sort as the tuples do.
 *
 *     tuple     part part ...                     nothing around it and nothing between
 *
 *     null      10
 *     bytes     20  escaped bytes          00
 *     string    28  escaped UTF-8          00
 *     number    30  8 bytes: IEEE 754 double, big-endian; sign bit flipped, or all bits if it was set
 *     bigint    38  ~length  ~magnitude           below zero: every bit inverted, so that more sorts lower
 *               39                                zero
 *               3a  length   magnitude            above zero: length is one byte, magnitude big-endian
 *                                                 without leading zeros
 *     boolean   40 false, 41 true
 *     tuple     48  part part ...          00
 *
 * Escaping turns 00 into 01 01 and 01 into 01 02, so that 00 only ever stands for an end and sorts
 * before whatever goes on: a shorter string, byte string or tuple comes before all that it begins.
 * Every tuple has one encoding, and no part's encoding begins that of another part. Hence the
 * encoding of a tuple is a prefix of another encoding if, and only if, the tuple begins the other
 * tuple.
 *
 * For example, `["a\0", -1]` is `28 61 01 01 00 30 40 0f ff ff ff ff ff ff`.
 *
 * The model is the tuple layer of FoundationDB. Its escape, 00 FF, is not used because there the
 * end of "a" begins the encoding of "a\0": a scan of the prefix `["a"]` would meet `["a\0"]`.
 */
export const END = 0x00;
export const ESCAPE = 0x01;

/** What follows {@linkcode ESCAPE} is the escaped byte plus this. */
export const ESCAPED_SHIFT = 0x01;

export const NULL = 0x10;
export const BYTES = 0x20;
export const STRING = 0x28;
export const NUMBER = 0x30;
export const NEGATIVE_BIGINT = 0x38;
export const ZERO_BIGINT = 0x39;
export const POSITIVE_BIGINT = 0x3a;
export const FALSE = 0x40;
export const TRUE = 0x41;
export const TUPLE = 0x48;

/** The most bytes that the magnitude of a bigint can take: its length is stored in one byte. */
export const MAX_MAGNITUDE_BYTES = 255;

/** How deep tuples can nest, the outermost included. */
export const MAX_DEPTH = 32;
