import type { BuiltLine, BuiltSource } from '../../math/card.ts';

const rendered = new WeakMap<readonly BuiltLine[], string>();

/** The lines of a code pane as one string of HTML; a gap between parts of a file is shown as such. */
export function codeHtml(lines: readonly BuiltLine[]): string {
  const known = rendered.get(lines);
  if (known !== undefined) return known;
  let html = '';
  let next = lines[0]?.number ?? 1;
  for (const line of lines) {
    if (line.number !== next) html += '<span class="skip" aria-hidden="true">⋯</span>';
    html += `<span class="line" data-line="${line.number}">${line.html}</span>`;
    next = line.number + 1;
  }
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
