import type { Command } from "commander";
import {
  addJson,
  addStoreCommand,
  type CommonOptions,
  writing,
} from "../command.ts";
import { durationText, sizeText } from "../figures.ts";
import type { Host } from "../host.ts";
import type { WritableStore } from "../open_store.ts";

/** How often the engine is asked how far it is. */
const LOOK_MS = 200;

/** Adds `compact`. */
export function addCompact(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "compact",
    summary: "merge all segments, without what was deleted or replaced",
    description:
      "Gives back the disk space of deleted keys and older values. Ctrl-C keeps what is done so far; the store stays intact.",
    examples: [["compact STORE", "prints its size before and after"]],
  });
  addJson(command).action(
    writing<CommonOptions>(host, async (store, _, { json }) => {
      const startedMs = performance.now();
      await store.engine.flush();
      const before = store.engine.stats().bytesOnDisk;
      await compactWithBar(host, store, before);
      const after = store.engine.stats().bytesOnDisk;
      const ms = Math.round(performance.now() - startedMs);
      if (json) return await host.json({ before, after, ms });
      await host.note(
        `Compacted in ${durationText(ms)}: ${sizeText(before)} before, ${
          sizeText(after)
        } now`,
      );
    }),
  );
}

async function compactWithBar(
  host: Host,
  { engine }: WritableStore,
  total: number,
): Promise<void> {
  using bar = host.progress({ action: "Compacting", total });
  const start = engine.stats().compaction.bytesRead;
  const timer = setInterval(() => {
    bar.update({ bytes: engine.stats().compaction.bytesRead - start });
  }, LOOK_MS);
  try {
    await engine.compact({ signal: host.signal });
  } finally {
    clearInterval(timer);
  }
}
