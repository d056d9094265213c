/** The chart of all models as a file: see model-bars.ts. */

import { escaped } from '../../components/shared/escape.ts';
import { formatPercent } from '../../components/shared/format.ts';
import { CLASSES } from './classes.ts';
import { MODEL_BARS, testsOf } from './model-bars.ts';
import type { ModelScores } from './scores.ts';

/** Colours of both classes and of words. */
export interface BarColours {
  readonly classes: readonly string[];
  readonly ink: string;
  readonly paper: string;
}

const NAME = 210;
const WIDTH = 220;
const NUMBER = 60;
const ROW = 36;
const HEAD = 58;

/** Two bars a model and test, with their numbers, and the line through the means of both. */
export function modelBarsSvg(models: readonly ModelScores[], carrier: 0 | 1, { classes, ink, paper }: BarColours): string {
  const tests = testsOf(carrier);
  const [width, height] = [NAME + tests.length * (WIDTH + NUMBER), HEAD + ROW * models.length + 8];
  const text = (x: number, y: number, words: string, more = '') => `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`;
  const key = CLASSES.map(
    (name, label) =>
      `<rect x="${NAME + 70 * label}" y="8" width="10" height="10" fill="${classes[label]}"/>${text(NAME + 70 * label + 15, 17, name)}`,
  );
  const names = models.map(({ name }, row) => text(0, HEAD + ROW * row + 21, name));
  const columns = tests.map(({ set, title }, column) => {
    const left = NAME + column * (WIDTH + NUMBER);
    const bars = models.flatMap((model, row) =>
      model[set].perClass.map((share, label) => {
        const y = HEAD + ROW * row + 3 + 15 * label;
        const bar = `<rect x="${left}" y="${y}" width="${WIDTH * share}" height="13" fill="${classes[label]}"/>`;
        return bar + text(left + WIDTH + 5, y + 11, formatPercent(share));
      }),
    );
    const points = models.map((model, row) => {
      const [zero = 0, one = 0] = model[set].perClass;
      return `${left + (WIDTH * (zero + one)) / 2},${HEAD + ROW * (row + 0.5)}`;
    });
    const line = `<polyline points="${points.join(' ')}" fill="none" stroke="${ink}" stroke-width="2"/>`;
    return text(left, HEAD - 10, title) + bars.join('') + line;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 0 ${width + 16} ${height}" font-family="sans-serif" font-size="12" fill="${ink}">
<rect x="-8" width="${width + 16}" height="${height}" fill="${paper}"/>${text(0, 17, MODEL_BARS, 'font-weight="bold"')}${key.join('')}
${names.join('')}${columns.join('\n')}</svg>\n`;
}
