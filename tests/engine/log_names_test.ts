import { assert, assertEquals } from "@std/assert";
import { open } from "../../mod.ts";
import { logName } from "../../src/format/file_names.ts";
import { LOG_HEADER_BYTES } from "../../src/format/log_format.ts";
import { decodeManifest } from "../../src/manifest/manifest_codec.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";

for (const synchronous of [true, false]) {
  const answers = synchronous ? "at once" : "later";
  test(`No log takes a write before the manifest names it, on storage that answers ${answers}`, async () => {
    const storage = new FaultStorage({ synchronous });
    const logs = new Set<string>();
    const unnamed = new Set<string>();
    storage.onCall = ({ operation, file }) => {
      if (operation !== "append" || !file.endsWith(".log")) return;
      if (storage.readFile(file)!.length < LOG_HEADER_BYTES) return;
      logs.add(file);
      const manifest = decodeManifest(storage.readFile("MANIFEST")!);
      if (!manifest.logs.map(logName).includes(file)) unnamed.add(file);
    };
    await using db = await open(storage, {
      memtableSize: 64 * 1024,
      memtableEntries: 4,
    });
    for (let i = 0; i < 40; i++) {
      const write = db.put(`key${i}`, "value", { sync: i % 3 === 0 });
      if (i % 5 === 0) await write;
    }
    await db.sync();
    assertEquals([...unnamed], []);
    assert(logs.size > 5, `${logs.size} logs`);
  });
}
