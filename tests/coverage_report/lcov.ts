/** How much of a file was run. */
export interface FileCoverage {
  /** Relative to `src`. */
  readonly path: string;
  readonly lines: Share;
  readonly branches: Share;
  /** Lines with a branch that was never taken, ascending. */
  readonly missedBranches: readonly number[];
}

/** A part of a whole. */
export interface Share {
  readonly covered: number;
  readonly total: number;
}

/**
 * Reads a report in the format of lcov as far as it is about files of `folder`. What counts of it
 * are the records `DA` (line, runs) and `BRDA` (line, block, branch, runs).
 */
export function readLcov(report: string, folder: string): FileCoverage[] {
  return report.split("end_of_record\n")
    .map((record) => record.split("\n"))
    .flatMap((lines) => {
      const path = lines.find((line) => line.startsWith("SF:"))?.slice(3);
      if (!path?.startsWith(folder)) return [];
      return [coverageOf(path.slice(folder.length), lines)];
    })
    .sort((a, b) => a.path < b.path ? -1 : 1);
}

function coverageOf(path: string, lines: readonly string[]): FileCoverage {
  const runs = fieldsOf(lines, "DA:").map(([, count]) => Number(count) > 0);
  const branches = fieldsOf(lines, "BRDA:").map((fields) => ({
    line: Number(fields[0]),
    // A branch whose block was never entered has "-" there.
    isTaken: Number(fields[3]) > 0,
  }));
  const missed = branches.filter(({ isTaken }) => !isTaken);
  return {
    path,
    lines: { covered: runs.filter(Boolean).length, total: runs.length },
    branches: {
      covered: branches.length - missed.length,
      total: branches.length,
    },
    missedBranches: [...new Set(missed.map(({ line }) => line))]
      .sort((a, b) => a - b),
  };
}

function fieldsOf(lines: readonly string[], prefix: string): string[][] {
  return lines.filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length).split(","));
}

/** The sum of several shares. */
export function sumOf(shares: readonly Share[]): Share {
  return {
    covered: shares.reduce((sum, { covered }) => sum + covered, 0),
    total: shares.reduce((sum, { total }) => sum + total, 0),
  };
}

/** A share as text, in percent, with one decimal that is never rounded up. */
export function percent({ covered, total }: Share): string {
  if (total === 0) return "-";
  return (Math.floor(1000 * covered / total) / 10).toFixed(1);
}
