/** Tracks as a picture to take away: what the page draws with elements, in SVG. */

import { escaped } from '../../components/shared/escape.ts';
import type { Tracks } from './tracks.ts';

const WIDTH = 640;
const PLOT = { left: 180, right: 480 };
const ROW = 22;

/** @param title stands above the picture */
export function tracksSvg(title: string, { from, to, ticks, rows, line }: Tracks): string {
  const share = (value: number) => Math.min(1, Math.max(0, (value - from) / (to - from)));
  const px = (value: number) => Math.round(100 * (PLOT.left + share(value) * (PLOT.right - PLOT.left))) / 100;
  const end = 30 + rows.length * ROW;
  const text = (x: number, y: number, content: string, more = '') => `<text x="${x}" y="${y}"${more}>${escaped(content)}</text>`;
  const drawn = rows.flatMap(({ name, bar, span, marks, text: said, strong }, i) => {
    const y = 30 + (i + 0.5) * ROW;
    const weight = strong ? ' font-weight="bold"' : '';
    return [
      text(PLOT.left - 8, y + 4, name, ` text-anchor="end"${weight}`),
      `<path d="M${PLOT.left} ${y}H${PLOT.right}" stroke="#ddd"/>`,
      ...(bar == null
        ? []
        : [
            `<rect x="${PLOT.left}" y="${y - 6}" width="${px(bar) - PLOT.left}" height="12" fill="${strong ? '#d99' : '#bbb'}"/>`,
          ]),
      ...(span ? [`<path d="M${px(span[0])} ${y}H${px(span[1])}" stroke="#36c" stroke-width="3" opacity="0.6"/>`] : []),
      ...marks.map(({ at, kind, title: name }) =>
        kind === 'model'
          ? `<circle cx="${px(at)}" cy="${y}" r="5" fill="#36c"><title>${escaped(name)}</title></circle>`
          : `<rect x="${px(at) - 5}" y="${y - 5}" width="10" height="10" fill="#fff" stroke="#c60" stroke-width="2"><title>${escaped(name)}</title></rect>`,
      ),
      text(PLOT.right + 8, y + 4, said, weight),
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${end + 24}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${text(8, 18, title, ' font-size="13"')}
${drawn.join('\n')}
${line === undefined ? '' : `<path d="M${px(line)} 30V${end}" stroke="#555" stroke-dasharray="2 3"/>`}
${ticks.map(({ at, text: said }) => text(px(at), end + 14, said, ' text-anchor="middle"')).join('\n')}
</svg>
`;
}
