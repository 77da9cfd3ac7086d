import { randomInt } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that removes itself at the end of the scope: `await using dir = tempDir()`. */
export interface TempDir extends AsyncDisposable {
  /** Absolute path of the folder. */
  readonly path: string;
}

/** Makes a folder of its own for a test. */
export function tempDir(parent: string = tmpdir()): TempDir {
  // Digits alone: letters could spell what a test says a message must not hold.
  const path = join(parent, `purekv-test-${randomInt(2 ** 47)}`);
  mkdirSync(path, { mode: 0o700 });
  return {
    path,
    [Symbol.asyncDispose](): Promise<void> {
      rmSync(path, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}
