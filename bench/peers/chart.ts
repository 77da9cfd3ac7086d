import { CAPTIONS } from "./catalogue.ts";
import { Figures, type Results } from "./results.ts";

/** All lengths are in pixels. */
const WIDTH = 900;
const COLUMNS = 2;
const GAP = 32;
const HEAD = 44;
const TITLE = 22;
const BAR = 12;
const PITCH = 17;
const BELOW = 22;
const NAME = 92;
/** Room for the longest figure beside the longest bar. */
const FIGURE = 76;

/** Between black and white, so that it stands out from both. */
const TEXT = "#6e7781";

const COLOURS: Readonly<Record<string, string>> = {
  "purekv": "#2f81f7",
  "lmdb": "#d4802a",
  "classic-level": "#3fa45b",
  "better-sqlite3": "#8957e5",
  "bun-sqlite": "#a371d7",
  "node-sqlite": "#a371d7",
  "deno-kv": "#c4517a",
  "rocksdb": "#8b949e",
};

interface Bar {
  readonly engine: string;
  readonly value: number;
}

/**
 * An SVG with a group of bars for each of the workloads that the run has figures of; they count
 * operations a second.
 */
export function drawChart(
  results: Results,
  workloads: readonly string[],
): string {
  const figures = new Figures(results);
  const panels = workloads
    .filter((workload) => CAPTIONS[workload]?.unit === "ops/s")
    .map((workload) => ({ workload, bars: barsOf(results, figures, workload) }))
    .filter(({ bars }) => bars.length > 0);
  const most = Math.max(0, ...panels.map(({ bars }) => bars.length));
  const panelHeight = TITLE + most * PITCH + BELOW;
  const height = HEAD + Math.ceil(panels.length / COLUMNS) * panelHeight;
  const panelWidth = (WIDTH - (COLUMNS - 1) * GAP) / COLUMNS;
  const drawn = panels.map(({ workload, bars }, i) => {
    const x = (i % COLUMNS) * (panelWidth + GAP);
    const y = HEAD + Math.floor(i / COLUMNS) * panelHeight;
    return drawPanel(workload, bars, { x, y, width: panelWidth });
  });
  const title = titleOf(results);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="${TEXT}">`,
    `<title>${escaped(title)}</title>`,
    `<text x="0" y="18" font-size="14">${escaped(title)}</text>`,
    ...drawn,
    `</svg>\n`,
  ].join("\n");
}

function titleOf({ machine, sizes }: Results): string {
  return `Operations a second, ${machine.runtime}, ${
    grouped(sizes.num)
  } records of ${sizes.keySize} + ${sizes.valueSize} bytes`;
}

function barsOf(
  { engines }: Results,
  figures: Figures,
  workload: string,
): Bar[] {
  return engines.flatMap(({ name: engine }) => {
    const value = figures.median(workload, engine);
    return value === undefined ? [] : [{ engine, value }];
  });
}

function drawPanel(
  workload: string,
  bars: readonly Bar[],
  { x, y, width }: { x: number; y: number; width: number },
): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const room = width - NAME - FIGURE;
  const lines = bars.map(({ engine, value }, i) => {
    const top = TITLE + i * PITCH;
    const base = top + BAR - 2;
    const length = Math.max(1, room * value / most);
    const colour = COLOURS[engine] ?? TEXT;
    return [
      `<text x="${NAME - 8}" y="${base}" text-anchor="end">${
        escaped(engine)
      }</text>`,
      `<rect x="${NAME}" y="${top}" width="${
        length.toFixed(1)
      }" height="${BAR}" rx="2" fill="${colour}"/>`,
      `<text x="${(NAME + length + 6).toFixed(1)}" y="${base}">${
        grouped(value)
      }</text>`,
    ].join("");
  });
  const caption = escaped(`${workload}: ${CAPTIONS[workload]!.text}`);
  return `<g transform="translate(${x} ${y})"><text x="0" y="10" font-weight="600">${caption}</text>${
    lines.join("")
  }</g>`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
