// Opens a store with the permissions that it was started with, and prints what
// came of it. Arguments: the folder, and "true" to open it with readOnly.
import process from "node:process";
import { open } from "../../../mod.ts";
import { KvIoError } from "../../../src/errors.ts";
import { NodeStorage } from "../../../src/storage/node.ts";

const storage = new NodeStorage(process.argv[2]!);
const readOnly = process.argv[3] === "true";
try {
  await using db = await open(storage, { readOnly });
  console.log(JSON.stringify({ value: db.getSync("a") }));
} catch (error) {
  if (!(error instanceof KvIoError)) throw error;
  const { failure, message } = error;
  console.log(JSON.stringify({ failure, message }));
}
