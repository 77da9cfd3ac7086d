import type { Command } from "commander";
import {
  addJson,
  addStoreCommand,
  type CommonOptions,
  writing,
} from "../command.ts";
import { durationText, sizeText } from "../figures.ts";
import type { Host } from "../host.ts";

/** Adds `checkpoint`. */
export function addCheckpoint(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "checkpoint <target>",
    summary: "make a complete copy of the store",
    description:
      "Between folders of one file system the copy shares the segments (hard links) and takes almost no space. Ctrl-C leaves no store in the target.",
    examples: [["checkpoint STORE backup", "makes the folder backup"]],
  });
  addJson(command).action(
    writing<CommonOptions>(host, async (store, [target], { json }) => {
      const startedMs = performance.now();
      let bytes = 0;
      {
        using bar = host.progress({ action: "Copying" });
        await store.engine.checkpoint(target!, {
          signal: host.signal,
          onProgress({ bytesCopied, bytesTotal }) {
            bytes = bytesTotal;
            bar.update({ bytes: bytesCopied, total: bytesTotal });
          },
        });
      }
      const ms = Math.round(performance.now() - startedMs);
      if (json) return await host.json({ target, bytes, ms });
      await host.note(
        `Copied ${sizeText(bytes)} to ${target} in ${durationText(ms)}`,
      );
    }),
  );
}
