import { KvIoError } from "../errors.ts";

type Query =
  | { name: "read" | "write"; path: string }
  | { name: "sys"; kind: "uid" };

interface Permissions {
  querySync(query: Query): { state: string };
  requestSync(query: Query): { state: string };
}

function permissions(): Permissions | undefined {
  const { Deno } = globalThis as { Deno?: { permissions: Permissions } };
  return Deno?.permissions;
}

function may(query: Query): boolean {
  const state = permissions()?.querySync(query).state ?? "granted";
  return state === "granted";
}

/**
 * Whether `path` may be read, as far as the runtime has a say in it. For what has not been granted,
 * Deno asks the person at the terminal: what can be done without is better left.
 */
export function mayRead(path: string): boolean {
  return may({ name: "read", path });
}

/** The same for whether the runtime may be asked who the user is, as it is for access to a file. */
export function mayAskForUser(): boolean {
  return may({ name: "sys", kind: "uid" });
}

/**
 * Throws `KV_IO` if the runtime does not let `folder` be locked for writing. Who sits at a terminal
 * is asked.
 */
export function requireWriting(folder: string): void {
  const query = { name: "write", path: folder } as const;
  if (may(query) || permissions()?.requestSync(query).state === "granted") {
    return;
  }
  const cause = new Error(
    `Deno may not write to ${folder}; run it with --allow-write=${folder}, or open the store with readOnly: true`,
  );
  throw new KvIoError("lock", "", "denied", { cause });
}
