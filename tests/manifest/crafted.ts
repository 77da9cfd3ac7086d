import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import { writeVarint } from "../../src/bytes/varint.ts";
import type { ManifestState } from "../../src/manifest/manifest_codec.ts";
import type { RangeTombstones } from "../../src/tombstones/range_tombstones.ts";

/** Encodes a manifest as the engine does, but whatever it says. */
export function craftManifest(state: ManifestState): Uint8Array {
  const body: number[] = [...state.storeId];
  pushName(body, state.keyCodec);
  pushName(body, state.valueCodec);
  pushNumbers(body, [
    state.nextFileNumber,
    state.flushedSequence,
    state.oldestLog,
    state.logs.length,
    ...state.logs,
  ]);
  body.push(state.levels.length);
  for (const segments of state.levels) {
    pushNumbers(body, [segments.length]);
    for (const segment of segments) {
      pushNumbers(body, [
        segment.number,
        segment.sizeBytes,
        segment.entries,
        segment.tombstones,
        segment.olderVersions,
        segment.maxSequence,
      ]);
      for (const key of [segment.smallestKey, segment.largestKey]) {
        pushNumbers(body, [key.length]);
        for (const byte of key) body.push(byte);
      }
      pushNumbers(body, [segment.ceiling]);
      pushNumbers(body, segment.salt === undefined ? [0] : [1, segment.salt]);
    }
  }
  pushRanges(body, state.rangeTombstones);
  return sealManifest(Uint8Array.from(body));
}

/** Puts a header with a fitting checksum before a body. */
export function sealManifest(body: Uint8Array, version = 2): Uint8Array {
  const bytes = new Uint8Array(20 + body.length);
  bytes.set(new TextEncoder().encode("PUREKVM\n"));
  writeUint32(bytes, 8, version);
  writeUint32(bytes, 12, body.length);
  bytes.set(body, 20);
  writeUint32(bytes, 16, crc32(body, crc32(bytes.subarray(0, 16))));
  return bytes;
}

function pushRanges(target: number[], { fragments }: RangeTombstones): void {
  pushNumbers(target, [fragments.length]);
  for (const { start, end, sequences } of fragments) {
    for (const bound of [start, end ?? new Uint8Array(0)]) {
      pushNumbers(target, [bound.length]);
      for (const byte of bound) target.push(byte);
    }
    const steps = sequences.slice(1).map((sequence, i) =>
      sequences[i]! - sequence
    );
    pushNumbers(target, [sequences.length, ...sequences.slice(0, 1), ...steps]);
  }
}

function pushName(target: number[], name: string): void {
  const bytes = new TextEncoder().encode(name);
  target.push(bytes.length, ...bytes);
}

function pushNumbers(target: number[], numbers: readonly number[]): void {
  const scratch = new Uint8Array(8);
  for (const number of numbers) {
    target.push(...scratch.subarray(0, writeVarint(scratch, 0, number)));
  }
}
