import type { Files } from "./fixed_files.ts";

/** Other bytes in the place of a file. */
export interface Damage {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of a store, some of them damaged. */
export function damaged(files: Files, ...damages: readonly Damage[]): Files {
  const changed = new Map(files);
  for (const { name, bytes } of damages) changed.set(name, bytes);
  return changed;
}

/** Does the work and adds to what it fails with where that was. */
export async function at<T>(
  where: () => string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : cause;
    throw new Error(`${where()}: ${text}`, { cause });
  }
}
