import type { BuiltLine, BuiltSource } from '../../math/card.ts';

const rendered = new WeakMap<readonly BuiltLine[], string>();

/** Shorter structs are read at a glance. */
const FOLDED = 6;
const plain = (line: BuiltLine): string => line.html.replace(/<[^>]+>/g, '');

/** Lines of `struct Params` by their place, first and last: what every kernel has, and no reader came for. */
function paramsOf(lines: readonly BuiltLine[]): readonly [first: number, last: number] | undefined {
  const first = lines.findIndex((line) => /^struct Params\b/.test(plain(line)));
  const last = lines.findIndex((line, i) => i > first && /^\}/.test(plain(line)));
  return first >= 0 && last - first >= FOLDED ? [first, last] : undefined;
}

/** The lines of a code pane as one string of HTML; a gap between parts of a file is shown as such, and the record of parameters is folded. */
export function codeHtml(lines: readonly BuiltLine[]): string {
  const known = rendered.get(lines);
  if (known !== undefined) return known;
  let html = '';
  let next = lines[0]?.number ?? 1;
  const fold = paramsOf(lines);
  lines.forEach((line, i) => {
    if (line.number !== next) html += '<span class="skip" aria-hidden="true">⋯</span>';
    const text = `<span class="line" data-line="${line.number}">${line.html}</span>`;
    if (i === fold?.[0]) html += `<details><summary>${text}</summary>`;
    else html += text;
    if (i === fold?.[1]) html += '</details>';
    next = line.number + 1;
  });
  rendered.set(lines, html);
  return html;
}

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };

/** The text of a code pane, for copying. */
export const codeText = (lines: readonly BuiltLine[]): string =>
  lines.map((line) => line.html.replace(/<[^>]+>/g, '').replace(/&(amp|lt|gt|quot);/g, (e) => entities[e] as string)).join('\n');

/** Lines that are shown: unrolled ones where there are any and the reader wants them. */
export const shownLines = (source: BuiltSource, unrolled: boolean): readonly BuiltLine[] =>
  unrolled && source.unrolled ? source.unrolled : source.lines;
