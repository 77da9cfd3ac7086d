import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { percent, readLcov, sumOf } from "./lcov.ts";

const report = `SF:/repo/src/wal/b.ts
DA:1,3
DA:2,0
DA:9,1
BRDA:2,0,0,-
BRDA:9,1,0,0
BRDA:9,1,1,4
end_of_record
SF:/repo/src/a.ts
DA:1,1
end_of_record
SF:/repo/tests/c.ts
DA:1,1
end_of_record
`;

test("A report of coverage is read file by file, without those of other folders", () => {
  assertEquals(readLcov(report, "/repo/src/"), [
    {
      path: "a.ts",
      lines: { covered: 1, total: 1 },
      branches: { covered: 0, total: 0 },
      missedBranches: [],
    },
    {
      path: "wal/b.ts",
      lines: { covered: 2, total: 3 },
      branches: { covered: 1, total: 3 },
      missedBranches: [2, 9],
    },
  ]);
});

test("Percentages are never rounded up", () => {
  assertEquals(percent({ covered: 1999, total: 2000 }), "99.9");
  assertEquals(percent(sumOf([{ covered: 1, total: 2 }])), "50.0");
  assertEquals(percent(sumOf([])), "-");
});
