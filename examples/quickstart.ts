// Shows the first steps: open a folder, put, get, delete, scan, close, reopen.
//
//   deno run -A examples/quickstart.ts
//   bun examples/quickstart.ts
//   node examples/quickstart.ts
//
// In a project of your own:  deno add jsr:@purekv/purekv
//                            bunx jsr add @purekv/purekv
//                            npx jsr add @purekv/purekv
//
//   import { open } from "@purekv/purekv";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../mod.ts";

const folder = mkdtempSync(join(tmpdir(), "purekv-quickstart-"));
{
  // Closed at the end of the block, whatever happens in it.
  await using db = await open(folder);

  // Once a put is awaited, the pair survives a crash of the process and a loss of power.
  await db.put("user:1", "Ada");
  await db.put("user:2", "Grace");
  await db.put("user:3", "Edsger");
  await db.put("visits", "17", { sync: false }); // a crash of the process only; far quicker

  console.log("user:1 is", await db.get("user:1"));
  console.log("user:9 is", await db.get("user:9"));
  console.log("user:2 was there:", await db.del("user:2"));
  console.log("user:2 was there:", await db.del("user:2"));

  // Keys are in order, so a scan can begin and end anywhere.
  for await (const [key, value] of db.scan({ prefix: "user:" })) {
    console.log(key, "=", value);
  }
  for await (const key of db.keys({ lt: "v", reverse: true, limit: 1 })) {
    console.log("last key before v:", key);
  }
}
{
  await using db = await open(folder);
  const names = await db.getMany(["user:1", "user:2", "user:3"]);
  console.log("after reopening:", names.join(", "));
}
rmSync(folder, { recursive: true });
