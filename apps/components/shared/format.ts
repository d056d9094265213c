/** Numbers for people: four significant digits, a true minus sign, powers of ten where zeros would pile up. */

/** @param digits significant digits */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    size >= 1e-3 && size < 1e6
      ? String(Number(value.toPrecision(size >= 10 ** digits ? Math.ceil(Math.log10(size + 1)) : digits)))
      : value
          .toExponential(digits - 2)
          .replace(/\.?0+e/, 'e')
          .replace('e+', 'e');
  return text.replaceAll('-', '−');
}

/** `12,345` */
export const formatCount = (value: number): string => value.toLocaleString('en');

/** `28 × 28 × 1` */
export const formatShape = (shape: readonly number[]): string => (shape.length === 0 ? 'scalar' : shape.join(' × '));

/** Digits with which a share that is neither nothing nor all does not look so: 0.9996 is 99.96 %, not 100.0 %. */
function honestDigits(share: number, digits: number): number {
  if (share <= 0 || share === 1) return digits;
  let found = digits;
  while (found < 6 && [0, 100].includes(Number((share * 100).toFixed(found)))) found++;
  return found;
}

/** `97.1 %`, or nothing of nothing: `–`. Only what is all is 100 %, and only what is nothing 0 %. */
export const formatPercent = (share: number, digits = 1): string =>
  Number.isFinite(share) ? `${(share * 100).toFixed(honestDigits(share, digits))} %` : '–';

/** `97 %`, in four characters at most: what is not quite all is `>99 %`, and what is not quite nothing `<1 %`. */
export const roughPercent = (share: number): string =>
  share > 0 && share < 0.005 ? '<1 %' : share < 1 && share >= 0.995 ? '>99 %' : formatPercent(share, 0);

/** How a table writes the numbers of a column; default: four significant digits; `short`: three. */
export type CellFormat = 'number' | 'short' | 'percent' | 'count';

/** One cell of a table, whatever it holds. */
export function cellText(value: unknown, format: CellFormat = 'number'): string {
  if (value === undefined || value === null || value === '') return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'number') return String(value);
  if (format === 'percent') return formatPercent(value);
  return format === 'count' ? formatCount(value) : formatNumber(value, format === 'short' ? 3 : 4);
}

/** Multi-index of a flat index in row-major order, `[2, 13, 0]`. */
export function unravel(index: number, shape: readonly number[]): number[] {
  const out = new Array<number>(shape.length);
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    out[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
  return out;
}
