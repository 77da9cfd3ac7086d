import type { OpenStore } from "./open_store.ts";

/** An entry as an object in JSON, on one line. */
export function entryJson(
  { keys, values }: Pick<OpenStore, "keys" | "values">,
  key: Uint8Array,
  value: Uint8Array,
): string {
  return `{"key":${keys.toJson(key)},"value":${values.toJson(value)}}`;
}
