// Appends more than may be in one file: the system takes a part, and refuses the rest.
import process from "node:process";
import { KvIoError } from "../../src/errors.ts";
import { LocalFiles } from "../../src/storage/local_files.ts";

const [folder = "", bytes = ""] = process.argv.slice(2);
const storage = new LocalFiles(folder, () => {});
const file = storage.create("a");
file.append(new Uint8Array(1000).fill(1));
let failure: string | undefined;
try {
  file.append(new Uint8Array(Number(bytes)).fill(2));
} catch (error) {
  if (!(error instanceof KvIoError)) throw error;
  failure = error.operation;
}
const { size } = file;
file.append(new Uint8Array(1000).fill(3));
console.log(JSON.stringify({ failure, size, sizeAtLast: file.size }));
await file.close();
