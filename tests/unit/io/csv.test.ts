import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elevenPoints } from '../../../engine/data/points.ts';
import { readCsv, writeCsv } from '../../../engine/io/csv.ts';

describe('CSV', () => {
  it('writes a header and numbers that read back to the same value', () => {
    expect(
      writeCsv({
        columns: ['x', 't, measured'],
        rows: [
          [0.1, -2],
          [1e-7, 3],
        ],
      }),
    ).toBe('x,"t, measured"\r\n0.1,-2\r\n1e-7,3\r\n');
    const column = fc.string({ minLength: 1 }).map((text) => `c ${text.replaceAll(/\s/g, '_')}`);
    const numbers = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.record({
        columns: fc.array(column, { minLength: width, maxLength: width }),
        rows: fc.array(fc.array(numbers, { minLength: width, maxLength: width }), { maxLength: 5 }),
      }),
    );
    fc.assert(
      fc.property(table, (value) => {
        expect(readCsv(writeCsv(value))).toEqual(value);
      }),
    );
  });

  it('carries the points of the regression lab', () => {
    const { x, t } = elevenPoints();
    const rows = [...x].map((value, n) => [value, t[n] as number]);
    const back = readCsv(writeCsv({ columns: ['x', 't'], rows }));
    expect(back).toEqual({ columns: ['x', 't'], rows });
  });

  it('reads what spreadsheets write', () => {
    expect(readCsv('\uFEFFx;t\r\n0;1\r\n\r\n0.5;-2\r\n')).toEqual({
      columns: ['x', 't'],
      rows: [
        [0, 1],
        [0.5, -2],
      ],
    });
    expect(readCsv('0\t1\n2\t3')).toEqual({
      columns: ['column 1', 'column 2'],
      rows: [
        [0, 1],
        [2, 3],
      ],
    });
    expect(readCsv('"a ""b"",\nc",d\r"1",2\r')).toEqual({ columns: ['a "b",\nc', 'd'], rows: [[1, 2]] });
  });

  it.each([
    ['', 0, 'at least one line'],
    ['x,t\n1,2\n3', 8, '2 values'],
    ['x,t\n1,two\n', 6, "a number, found 'two'"],
    ['x,t\n1,\n', 6, "a number, found ''"],
    ['x,t\n1,', 6, "a number, found ''"],
    ['"x,t\n1,2\n', 0, 'closing quotation mark'],
    ['"x"y,t\n', 3, 'after the quotation mark'],
  ])('refuses %j', (text, offset, expectation) => {
    expect(() => readCsv(text, 'points.csv')).toThrowError(
      expect.objectContaining({ code: 'DATA_FORMAT', file: 'points.csv', offset, message: expect.stringContaining(expectation) }),
    );
  });

  it('refuses rows of another length than the header', () => {
    expect(() => writeCsv({ columns: ['x', 't'], rows: [[1]] })).toThrow('rows[0]: has 1 values for 2 columns');
  });
});
