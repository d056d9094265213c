/** Ratios of a result to an earlier one, contender by contender. */

import { incomparable } from '../libraries/adapters.ts';
import type { BenchResult, ContenderResult } from '../measure/result.ts';
import { geometricMean } from '../measure/statistics.ts';
import { formatRatio, formatSeconds } from './format.ts';
import { median } from './kinds.ts';
import { table } from './markdown.ts';
import { contender } from './view.ts';

/**
 * A table of `before / after`: above 1 is faster now. A change is marked where the ranges between the quartiles do not touch.
 * @throws Error where the two ran on different adapters
 */
export function compareResults(before: BenchResult, after: BenchResult): string {
  const difference = incomparable(before.adapter, after.adapter);
  if (difference) throw new Error(`the results cannot be compared: ${difference}`);
  const ratios = new Map<string, number[]>();
  const rows: string[][] = [];
  for (const one of after.cases) {
    const earlier = before.cases.find((candidate) => candidate.name === one.name);
    if (!earlier) continue;
    for (const now of one.contenders) {
      const then = contender(earlier, now.id);
      const [old, fresh] = [median(then), median(now)];
      if (old === undefined || fresh === undefined) continue;
      const ratio = old / fresh;
      ratios.set(now.id, [...(ratios.get(now.id) ?? []), ratio]);
      rows.push([one.name, now.id, formatSeconds(old), formatSeconds(fresh), formatRatio(ratio), verdict(then, now)]);
    }
  }
  if (rows.length === 0) return 'The two results have no case in common.';
  for (const [id, values] of ratios) rows.push(['geometric mean', id, '', '', formatRatio(geometricMean(values)), '']);
  const header = ['case', 'library', before.date.slice(0, 10), after.date.slice(0, 10), 'before / after', ''];
  return `**Compared with ${before.date}${before.commit ? ` (${before.commit})` : ''}**\n\n${table(header, rows)}`;
}

/** `faster`, `slower`, or nothing where the difference lies within the spread. */
function verdict(then: ContenderResult | undefined, now: ContenderResult): string {
  const [old, fresh] = [then?.seconds, now.seconds];
  if (!old || !fresh) return '';
  const gap = Math.abs(old.median - fresh.median);
  if (gap <= (old.iqr + fresh.iqr) / 2) return '';
  return fresh.median < old.median ? 'faster' : 'slower';
}
