const CELL = { width: 8.4, height: 18 };
const PADDING = 14;
const GAP = 12;

const COLOURS: Readonly<Record<string, string>> = {
  31: "#ff7b72",
  32: "#7ee787",
  33: "#e3b341",
  36: "#56d4dd",
};

interface Run {
  readonly text: string;
  readonly style: string;
}

/** Screens of a terminal, each in a frame, one below the other. */
export function svgOf(screens: readonly string[], columns: number): string {
  const width = Math.ceil(columns * CELL.width + 2 * PADDING);
  const frames: string[] = [];
  let top = 0;
  for (const screen of screens) {
    const lines = screen.split("\n");
    const height = lines.length * CELL.height + 2 * PADDING;
    frames.push(
      `<rect y="${top}" width="${width}" height="${height}" rx="8" fill="#161b22"/>`,
      ...lines.map((line, i) =>
        lineOf(line, top + PADDING + (i + 0.75) * CELL.height)
      ),
    );
    top += height + GAP;
  }
  const height = top - GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3" xml:space="preserve">`,
    ...frames.filter((part) => part !== ""),
    "</g>\n</svg>\n",
  ].join("\n");
}

/** Every run of one style is as wide as its cells, whatever the font is. */
function lineOf(line: string, y: number): string {
  let column = 0;
  const spans: string[] = [];
  for (const { text, style } of runsOf(line)) {
    const x = (PADDING + column * CELL.width).toFixed(1);
    const width = (text.length * CELL.width).toFixed(1);
    column += text.length;
    if (text.trim() === "") continue;
    spans.push(
      `<text x="${x}" y="${y}" textLength="${width}" lengthAdjust="spacingAndGlyphs"${style}>${
        escaped(text)
      }</text>`,
    );
  }
  return spans.join("\n");
}

const ESCAPE = String.fromCharCode(27);
const STYLE_OR_TEXT = new RegExp(
  `${ESCAPE}\\[([\\d;]*)m|([^${ESCAPE}]+)`,
  "g",
);

/** Cuts a line where its style changes. */
function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let codes = new Set<string>();
  for (const [, sequence, text] of line.matchAll(STYLE_OR_TEXT)) {
    if (text !== undefined) {
      runs.push({ text, style: styleOf(codes) });
      continue;
    }
    for (const code of (sequence || "0").split(";")) {
      if (code === "0") codes = new Set();
      else codes.add(code);
      if (code === "39") {
        for (const name of Object.keys(COLOURS)) {
          codes.delete(name);
        }
      }
      if (code === "22") codes = codes.difference(new Set(["1", "2"]));
    }
  }
  return runs;
}

function styleOf(codes: ReadonlySet<string>): string {
  const colour = Object.entries(COLOURS).find(([code]) => codes.has(code));
  return [
    colour ? ` fill="${colour[1]}"` : "",
    codes.has("1") ? ` font-weight="bold"` : "",
    codes.has("2") ? ` fill-opacity="0.6"` : "",
  ].join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
