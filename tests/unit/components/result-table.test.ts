import { describe, expect, it } from 'vitest';
import { columnsOf, isNumeric, nextOrder, rowsCsv, rowsJson, sortRows } from '../../../apps/components/result-table/rows.ts';
import { cellText } from '../../../apps/components/shared/format.ts';

const rows = [
  { setting: 'none', loss: 0.5, steps: 20 },
  { setting: 'decay 10', loss: null, steps: 3, note: 'stopped' },
  { setting: 'decay 9', loss: -1e-7, steps: Number.NaN },
];

describe('a table of results', () => {
  it('has the columns of all rows, and knows which hold numbers', () => {
    expect(columnsOf(rows)).toEqual(['setting', 'loss', 'steps', 'note']);
    expect(columnsOf(rows).map((column) => isNumeric(rows, column))).toEqual([false, true, true, false]);
    expect(isNumeric([], 'loss')).toBe(false);
  });

  it('is sorted up, down and not at all; missing values stay last', () => {
    const losses = (order: Parameters<typeof sortRows>[1]) => sortRows(rows, order).map(({ loss }) => loss);
    const up = nextOrder(null, 'loss');
    expect(losses(up)).toEqual([-1e-7, 0.5, null]);
    const down = nextOrder(up, 'loss');
    expect(losses(down)).toEqual([0.5, -1e-7, null]);
    expect(nextOrder(down, 'loss')).toBeNull();
    expect(losses(null)).toEqual([0.5, null, -1e-7]);
    expect(nextOrder(down, 'steps')).toEqual({ column: 'steps', descending: false });
    const names = sortRows(rows, { column: 'setting', descending: false }).map(({ setting }) => setting);
    expect(names).toEqual(['decay 9', 'decay 10', 'none']);
  });

  it('is saved in full precision', () => {
    expect(rowsCsv(rows)).toBe('setting,loss,steps,note\nnone,0.5,20,\ndecay 10,,3,stopped\ndecay 9,-1e-7,,\n');
    expect(JSON.parse(rowsJson(rows))).toEqual(JSON.parse(JSON.stringify(rows)));
  });
});

it('writes cells the same everywhere', () => {
  expect([0.123456, null, undefined, '', true, false, 'x'].map((value) => cellText(value))).toEqual([
    '0.1235',
    '–',
    '–',
    '–',
    'yes',
    'no',
    'x',
  ]);
  expect(cellText(0.9871, 'percent')).toBe('98.7 %');
  expect(cellText(60_000, 'count')).toBe('60,000');
  expect(cellText(Number.NaN)).toBe('NaN');
});
