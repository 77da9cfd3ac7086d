import { codeOf } from "../errors.ts";
import { DataError } from "./failure.ts";

/** What an error of the system means to people. */
interface Meaning {
  /** Half a sentence: what is the matter with the file. */
  readonly problem: string;
  /** What to do about it, where that is known. */
  readonly hint?: string;
}

/** What an error of the system means, and its code, such as `ENOENT`. */
export interface SystemProblem extends Meaning {
  readonly code: string;
}

const DENIED: Meaning = {
  problem: "permission is denied",
  hint: "ls -ld shows who may use it",
};

const PROBLEMS: Readonly<Record<string, Meaning>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EBUSY: { problem: "it is in use by another program" },
  EDQUOT: { problem: "the quota is used up", hint: "free some space" },
  EEXIST: { problem: "it already exists", hint: "choose another name" },
  EIO: {
    problem: "the device has failed",
    hint: "the system log says more",
  },
  EISDIR: { problem: "it is a folder", hint: "name a file in it" },
  ELOOP: { problem: "its links form a loop" },
  EMFILE: {
    problem: "too many files are open",
    hint: "ulimit -n raises the limit",
  },
  ENAMETOOLONG: { problem: "the name is too long" },
  ENFILE: { problem: "the system has too many files open" },
  ENOENT: {
    problem: "there is no such file or folder",
    hint: "check the path",
  },
  ENOSPC: { problem: "the disk is full", hint: "free some space" },
  ENOTDIR: {
    problem: "part of the path is a file, not a folder",
    hint: "check the path",
  },
  EROFS: { problem: "the file system is read-only" },
};

/** A file that cannot be read or written. */
export class FileError extends DataError {
  /** The code of the system, such as `ENOENT`. */
  readonly code: string;
  readonly path: string;

  constructor(action: string, path: string, cause: unknown) {
    const { code, problem, hint } = problemOf(cause)!;
    super(`Cannot ${action} ${path}: ${problem}`, { cause, hint });
    this.code = code;
    this.path = path;
  }
}

/**
 * The error to throw where `action` on a file has failed: one that names the file, if the system
 * has refused.
 */
export function fileError(
  action: string,
  path: string,
  cause: unknown,
): unknown {
  return problemOf(cause) === undefined || cause instanceof DataError
    ? cause
    : new FileError(action, path, cause);
}

/** What an error of the system means; `undefined` for other errors. */
export function problemOf(error: unknown): SystemProblem | undefined {
  if (!(error instanceof Error)) return undefined;
  // Deno's for a permission that was not granted has no code.
  if (error.name === "NotCapable") {
    return {
      code: "NOT_CAPABLE",
      problem: "Deno was not allowed to use it",
      hint: "run it with --allow-read and --allow-write, or with -A",
    };
  }
  const code = codeOf(error);
  if (typeof code !== "string") return undefined;
  const known = PROBLEMS[code];
  if (known !== undefined) return { code, ...known };
  return /^E[A-Z0-9]+$/.test(code)
    ? { code, problem: error.message }
    : undefined;
}
