import { lstatSync } from "node:fs";

/** Deno's own files, as far as they are used here. */
interface DenoFiles {
  lstatSync(path: string): { ino: number | null; mtime: Date | null };
}

/**
 * How the file at `path` looks: one that takes its place, or is written to, looks otherwise.
 *
 * Each synced commit asks for the looks of HOLDER, when the processor has just slept through a
 * sync. Deno is asked without `node:fs` for that, which makes an object of 20 fields of its answer:
 * measured, a lone synced put takes 119 us instead of 134.
 */
export function looksOf(path: string): string {
  const { Deno } = globalThis as { Deno?: DenoFiles };
  if (Deno === undefined) {
    const { ino, mtimeMs } = lstatSync(path);
    return `${ino} ${mtimeMs}`;
  }
  const { ino, mtime } = Deno.lstatSync(path);
  return `${ino} ${mtime?.getTime()}`;
}
