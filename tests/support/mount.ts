import { spawnSync } from "node:child_process";
import process from "node:process";
import { type TempDir, tempDir } from "./temp_dir.ts";

/** A file system of its own, in memory. */
export interface Mounted extends TempDir {
  /** Lets nobody write to it any more. */
  makeReadOnly(): void;
  /** Makes it hold more, or less. */
  resize(sizeKiB: number): void;
}

/** Whether tests may mount file systems: on Linux, as root, outside most containers. */
export const canMount: boolean = await tryMount();

/** Mounts a file system that holds `sizeKiB` and goes at the end of the scope. */
export function mount(sizeKiB: number): Mounted {
  const dir = tempDir();
  const { path } = dir;
  run("mount", ["-t", "tmpfs", "-o", `size=${sizeKiB}k`, "tmpfs", path]);
  return {
    path,
    makeReadOnly: () => run("mount", ["-o", "remount,ro", path]),
    resize: (sizeKiB) => run("mount", ["-o", `remount,size=${sizeKiB}k`, path]),
    async [Symbol.asyncDispose](): Promise<void> {
      // Lazily: a test that failed may have left files of it open.
      run("umount", ["-l", path]);
      await dir[Symbol.asyncDispose]();
    },
  };
}

async function tryMount(): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    await using _ = mount(64);
    return true;
  } catch {
    return false;
  }
}

function run(command: string, args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}
