import type { StoreProblem } from "../inspection/report.ts";
import { escapeText } from "./escape.ts";
import type { Host } from "./host.ts";

/** Prints a problem: where it is, what it means, which keys it is about. */
export async function printProblem(
  host: Host,
  problem: StoreProblem,
): Promise<void> {
  const { severity, code, file, offset, message, consequence, keys } = problem;
  const { styles } = host;
  const word = severity === "damage"
    ? styles.red("damage")
    : styles.yellow("remark");
  const place = offset === undefined ? file : `${file} at byte ${offset}`;
  await host.output.line(
    `${word}  ${code}  ${styles.bold(escapeText(place))}`,
  );
  await host.output.line(`        ${escapeText(stripped(message))}`);
  await host.output.line(`        ${styles.dim(escapeText(consequence))}`);
  if (keys === undefined) return;
  await host.output.line(`        keys: ${keys.from} to ${keys.to}`);
}

/** A message without the place, which stands before it already. */
function stripped(message: string): string {
  return message.replace(/^Damaged file \S+ at byte \d+: /, "");
}
