import { segmentName } from "../../format/file_names.ts";
import { DELETE } from "../../format/kind.ts";
import { keyText } from "../../inspection/key_text.ts";
import type { Findings } from "../../inspection/findings.ts";
import type { Progress } from "../../inspection/progress.ts";
import { checkSegment } from "../../inspection/segment_check.ts";
import { walkSegment } from "../../inspection/segment_walk.ts";
import { BlockEntries } from "../../segment/block_entries.ts";
import { SEGMENT_VERSION } from "../../segment/format.ts";
import type { SegmentProperties } from "../../segment/properties.ts";
import type { ReadableFile } from "../../storage/storage.ts";
import { type FileReport, KeySpan } from "./report.ts";

type Facts = FileReport["facts"];

/** Looks at a segment: what its end says, or, where that is damaged, what its blocks hold. */
export async function inspectSegment(
  file: ReadableFile,
  named: number | undefined,
  { findings, progress }: {
    readonly findings: Findings;
    readonly progress: Progress;
  },
): Promise<Facts> {
  const number = named ?? 1;
  const name = segmentName(number);
  const finding = {
    code: "segment-block",
    consequence: "the rest of the file could not be checked",
  } as const;
  progress.expect(2 * file.size);
  const facts = await findings.attempt(name, finding, async () => {
    await checkSegment(file, number, { findings, progress });
    const walk = await walkSegment(file, name, progress);
    const { footer, properties } = walk.plan;
    if (footer === undefined || properties === undefined) {
      return await contents(walk);
    }
    return {
      "format": SEGMENT_VERSION,
      ...propertyFacts(properties),
      "block bytes": footer.hashOffset,
      "hash index bytes": footer.indexOffset - footer.hashOffset,
      "index bytes": footer.propertiesOffset - footer.indexOffset,
    };
  });
  return facts ?? {};
}

function propertyFacts(properties: SegmentProperties): Facts {
  const { smallestKey, largestKey, minSequence, maxSequence } = properties;
  return {
    blocks: properties.blocks,
    entries: properties.entries,
    keys: properties.keys,
    tombstones: properties.tombstones,
    "key bytes": properties.keyBytes,
    "value bytes": properties.valueBytes,
    ...maxSequence > 0
      ? { "first write": minSequence, "last write": maxSequence }
      : {},
    "first key": keyText(smallestKey),
    "last key": keyText(largestKey),
  };
}

/** What the blocks hold that are whole. */
async function contents(
  walk: Awaited<ReturnType<typeof walkSegment>>,
): Promise<Facts> {
  const span = new KeySpan();
  const entries = new BlockEntries();
  let blocks = 0;
  let gaps = 0;
  let count = 0;
  let tombstones = 0;
  for (let part = await walk.next(); part; part = await walk.next()) {
    if (!part.isSound) {
      gaps++;
      continue;
    }
    blocks++;
    span.add(part.firstKey);
    span.add(part.lastKey);
    entries.enter(part.payload);
    while (entries.next()) {
      count++;
      if (entries.entry.kind === DELETE) tombstones++;
    }
  }
  return {
    "whole blocks": blocks,
    gaps,
    entries: count,
    tombstones,
    ...span.facts(),
  };
}
