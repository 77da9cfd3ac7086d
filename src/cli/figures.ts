/** A number as people read it: 1,234,567. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** A number and what is counted: 1 entry, 2 entries. */
export function counted(count: number, one: string, many: string): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size, which as a part of a rate may be no whole number: 12.3 MiB. */
export function sizeText(bytes: number): string {
  let value = Math.round(bytes);
  let unit = 0;
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A span of time: 37 ms, 1.4 s, 1:05 min, 2:03:04 h. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => i === 0 ? part : String(part).padStart(2, "0"))
    .join(":") + (parts.length > 2 ? " h" : " min");
}
