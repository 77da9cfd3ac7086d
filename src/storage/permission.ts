interface Permissions {
  querySync(query: { name: "read"; path: string }): { state: string };
}

/**
 * Whether `path` may be read, as far as the runtime has a say in it. For what has not been granted,
 * Deno asks the person at the terminal: what can be done without is better left.
 */
export function mayRead(path: string): boolean {
  const { Deno } = globalThis as { Deno?: { permissions: Permissions } };
  const query = { name: "read", path } as const;
  return Deno === undefined ||
    Deno.permissions.querySync(query).state === "granted";
}
