/** What a value of the wrong type is called in a message. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") {
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    return tag === "Object" ? "an object" : `an object (${tag})`;
  }
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
