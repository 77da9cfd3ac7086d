import { checkFiles, checkManifest } from "../inspection/check_files.ts";
import { Findings } from "../inspection/findings.ts";
import { Progress } from "../inspection/progress.ts";
import type { InspectionOptions, VerifyReport } from "../inspection/report.ts";
import { totalBytes } from "../manifest/segment_info.ts";
import { giveWay } from "./runtime/event_loop.ts";
import type { LoggedTable } from "./state/logged_table.ts";
import type { Store } from "./store/store.ts";

/**
 * Checks the files of an open store as of now, while reads and writes go on: the segments of the
 * version that is current, which stay for as long as it is held, and what had been written to the
 * logs by now.
 */
export async function verifyLive(
  store: Store,
  options: InspectionOptions,
): Promise<VerifyReport> {
  const { storage, readState } = store;
  const tables = store.tables.all.filter((table) => table.hasLog);
  const segments = readState.live.version.levels.flat();
  const files = {
    segments,
    logs: tables.map(liveLog),
    flushedSequence: store.tables.all[0]!.table.firstSequence - 1,
  };
  const logBytes = tables.reduce((sum, { logBytes }) => sum + logBytes, 0);
  const assertWanted = () => store.assertOpen();
  const progress = new Progress(options, { giveWay, assertWanted });
  const findings = new Findings();
  const context = { storage, findings, progress };
  readState.retain();
  try {
    progress.assertWanted();
    await checkManifest(context);
    progress.expect(totalBytes(segments) + logBytes);
    await checkFiles(files, context);
  } finally {
    readState.release();
  }
  return findings.report(progress.bytesRead);
}

function liveLog({ logNumber, logBytes, table }: LoggedTable) {
  const { lastSequence } = table;
  return {
    number: logNumber,
    isNamed: true,
    written: { bytes: logBytes, lastSequence },
  };
}
