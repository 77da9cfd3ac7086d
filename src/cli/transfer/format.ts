import { basename } from "node:path";

/** Formats that entries are loaded from and dumped to. */
export const TRANSFER_FORMATS = ["ndjson", "csv", "raw"] as const;
export type TransferFormat = typeof TRANSFER_FORMATS[number];

const EXTENSIONS: Readonly<Record<string, TransferFormat>> = {
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".csv": "csv",
  ".raw": "raw",
  ".bin": "raw",
};

/** What the name of a file says of what is in it. */
export function formatOfFile(
  path: string,
): { readonly format: TransferFormat | undefined; readonly isGzip: boolean } {
  const name = basename(path).toLowerCase();
  const isGzip = name.endsWith(".gz");
  const plain = isGzip ? name.slice(0, -".gz".length) : name;
  const extension = /\.[^.]+$/.exec(plain)?.[0] ?? "";
  return { format: EXTENSIONS[extension], isGzip };
}
