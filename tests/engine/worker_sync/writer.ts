// Writes until something is refused, and says what.
import process from "node:process";
import { KvError, open } from "../../../mod.ts";

const db = await open(process.argv[2]!, {
  memtableSize: 2 * 1024 * 1024,
  background: "worker",
});
try {
  for (let i = 0; i < 2000; i++) await db.put(`key ${i}`, "v".repeat(20_000));
  console.log("all acknowledged");
} catch (error) {
  if (!(error instanceof KvError)) throw error;
  console.log(error.code, error.message);
}
await db.close().catch(() => {});
