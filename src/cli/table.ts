import CliTable from "cli-table3";
import type { Styles } from "./terminal.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers are read from the right. */
  readonly align?: "left" | "right";
}

const NO_LINES = Object.fromEntries(
  [
    ...["top", "top-mid", "top-left", "top-right"],
    ...["bottom", "bottom-mid", "bottom-left", "bottom-right"],
    ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid"],
  ].map((part) => [part, ""]),
);

/** A table as text without lines: two spaces between columns, and nothing behind the last. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  styles: Styles,
): string {
  const table = new CliTable({
    head: columns.map(({ title }) => styles.dim(title)),
    colAligns: columns.map(({ align }) => align ?? "left"),
    chars: { ...NO_LINES, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replace(/ +$/gm, "");
}
