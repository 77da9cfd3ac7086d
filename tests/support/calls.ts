import type { StorageCall } from "../../src/testing/testing.ts";

/** A call of a storage as a line, such as `append 000001.log`. */
export function lineOf({ operation, file }: StorageCall): string {
  return file === "" ? operation : `${operation} ${file}`;
}
