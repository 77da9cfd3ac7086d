/**
 * For an unknown name: the known ones, and the one that was probably meant.
 */
export function knownNames(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((other) => ({ other, distance: distanceOf(name, other) }))
    .filter(({ other, distance }) => distance <= Math.min(2, other.length / 2))
    .sort((a, b) => a.distance - b.distance);
  const hint = nearest === undefined ? "" : `; did you mean ${nearest.other}?`;
  return `(known: ${known.join(", ")})${hint}`;
}

/**
 * How many letters have to be added, lost or changed to make one name of the other (Levenshtein
 * distance), case aside.
 */
function distanceOf(name: string, other: string): number {
  const a = name.slice(0, 64).toLowerCase();
  const b = other.toLowerCase();
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
