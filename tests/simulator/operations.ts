/**
 * A put, or, without a value, a delete: of one key, or, with an end, of all from the key on that
 * are before the end.
 */
export type Write = readonly [
  key: string,
  value: string | undefined,
  end?: string,
];

/**
 * The end of a range that has all keys behind its first one; from the first key of all on,
 * everything is cleared.
 */
export const BEHIND_ALL = "k99";

/** What a simulated user does. */
export type Action =
  /** A put, a delete, or, if there are several writes, a batch. */
  | {
    readonly kind: "write";
    readonly writes: readonly Write[];
    readonly sync: boolean;
  }
  /** An import of entries whose keys ascend. */
  | {
    readonly kind: "import";
    readonly entries: readonly (readonly [key: string, value: string])[];
  }
  | { readonly kind: "sync" | "flush" | "compact" | "reopen" }
  /** Reads one key, or all. */
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "scan"; readonly reverse: boolean }
  /** Takes a snapshot; looks through the oldest one and lets go of it. */
  | { readonly kind: "takeSnapshot" | "readSnapshot" }
  /** Begins a scan; takes steps of the oldest one; ends it. */
  | { readonly kind: "openScan" | "stepScan" | "endScan" }
  /** Gives way to what is under way. */
  | { readonly kind: "pause" };

/** An action, and whether the user waits for the answer before the next. */
export type Operation = Action & { readonly isAwaited: boolean };

/** An operation in one line, for people. */
export function describe(operation: Operation): string {
  const wait = operation.isAwaited ? "await " : "";
  switch (operation.kind) {
    case "write": {
      const { writes, sync } = operation;
      const calls = writes.map(([key, value, end]) =>
        value !== undefined
          ? `put ${key}=${shortened(value)}`
          : end === undefined
          ? `del ${key}`
          : `delRange ${key}-${end}`
      );
      const name = writes.length > 1 ? `batch(${calls.join(", ")})` : calls[0];
      return `${wait}${name}${sync ? "" : " unsynced"}`;
    }
    case "import": {
      const { entries } = operation;
      const keys = `${entries[0]![0]}..${entries.at(-1)![0]}`;
      return `${wait}import ${entries.length} of ${keys}`;
    }
    case "get":
      return `${wait}get ${operation.key}`;
    default:
      return `${wait}${operation.kind}`;
  }
}

function shortened(value: string): string {
  return value.length <= 12
    ? value
    : `${value.slice(0, 8)}... (${value.length})`;
}
