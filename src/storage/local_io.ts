import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
} from "node:fs";
import { codeOf, type IoFailure, KvIoError } from "../errors.ts";

/**
 * How often a file is opened anew that was renamed over between the look at its name and its
 * opening.
 */
const MOST_OPEN_ATTEMPTS = 20;

/** A regular file that is open, and its size in bytes. */
export interface OpenFile {
  readonly fd: number;
  readonly size: number;
}

/** The error of a storage for an error of the runtime. */
export function ioError(
  operation: string,
  file: string,
  cause: unknown,
): KvIoError {
  return new KvIoError(operation, file, failureOf(cause), { cause });
}

function failureOf(cause: unknown): IoFailure {
  // Deno's error for a permission that was not granted has no code.
  if (cause instanceof Error && cause.name === "NotCapable") return "denied";
  switch (codeOf(cause)) {
    case "ENOENT":
      return "missing";
    case "EEXIST":
      return "exists";
    case "ENOSPC":
    case "EDQUOT":
      return "full";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "denied";
    default:
      return "other";
  }
}

/**
 * Opens a regular file for reading. The name may have been planted: a symbolic
 * link is not followed, and a pipe is not waited for.
 *
 * O_NOFOLLOW alone does not do. Windows lacks it, and Deno resolves links before
 * it opens a file under a permission for one folder, even links that lead out of
 * it. So what is open must also be what had the name before.
 */
export function openRegular(path: string): OpenFile {
  for (let attempt = 0; attempt < MOST_OPEN_ATTEMPTS; attempt++) {
    const file = openIfUnchanged(path);
    if (file !== undefined) return file;
  }
  throw new Error("it was replaced again and again meanwhile");
}

/**
 * Answers with nothing where another file has taken the name, as a rename may do while somebody
 * else writes.
 */
function openIfUnchanged(path: string): OpenFile | undefined {
  const named = lstatSync(path);
  requireRegular(named);
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) |
    (constants.O_NONBLOCK ?? 0);
  const fd = openSync(path, flags);
  try {
    const opened = fstatSync(fd);
    if (opened.ino === named.ino && opened.dev === named.dev) {
      return { fd, size: opened.size };
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return undefined;
}

/**
 * Creates a file that nobody else may read. Whatever has the name already, even a dangling link, is
 * refused.
 */
export function createNew(path: string): number {
  return openSync(path, "wx", 0o600);
}

/** Refuses links, folders, pipes and devices. */
export function requireRegular(stats: Stats): void {
  if (!stats.isFile()) throw new Error("it is not a regular file");
}
