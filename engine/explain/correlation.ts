/** How alike two lists of numbers are. */
import { ArgumentError, ConfigError, kindOf } from '../errors.ts';

/** @throws ArgumentError unless the value is a list of numbers */
export function checkNumbers(op: string, what: string, value: unknown): void {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  if (!isList) throw new ArgumentError(op, `${what} must be a list of numbers, not ${kindOf(value)}`);
}

/** Ranks from 1 for the smallest value, equal values sharing the mean of theirs. */
export function tiedRanks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1] as number] === values[order[start] as number]) end++;
    for (let i = start; i <= end; i++) ranks[order[i] as number] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return ranks;
}

/** Pearson's correlation; 0 where one side does not vary. @throws ConfigError unless both are equally long and not empty */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkNumbers('correlation', 'the first', a);
  checkNumbers('correlation', 'the second', b);
  const n = a.length;
  if (n === 0 || b.length !== n) throw new ConfigError('values', 'both must be equally long and not empty.');
  const mean = (list: ArrayLike<number>) => Array.from(list).reduce((x, y) => x + y, 0) / n;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [da, db] = [(a[i] as number) - ma, (b[i] as number) - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** Spearman's rank correlation, ties shared. @throws ConfigError unless both are equally long and not empty */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkNumbers('rankCorrelation', 'the first', a);
  checkNumbers('rankCorrelation', 'the second', b);
  return correlation(tiedRanks(a), tiedRanks(b));
}
