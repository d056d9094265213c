import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elevenPoints } from '../../../engine/data/points.ts';
import { DataFormatError } from '../../../engine/errors.ts';
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

  describe('with missing values', () => {
    const table = 'x,t\n1,\n,2\n3,4\nNA,5\n';

    it('reads NaN or leaves the lines out where it is told to, and refuses by default', () => {
      expect(readCsv(table, 'a', { missing: 'nan' }).rows).toEqual([
        [1, Number.NaN],
        [Number.NaN, 2],
        [3, 4],
        [Number.NaN, 5],
      ]);
      expect(readCsv(table, 'a', { missing: 'skip' })).toEqual({ columns: ['x', 't'], rows: [[3, 4]] });
      expect(() => readCsv(table)).toThrow("at byte 6 expected a number, found ''");
      for (const mark of ['na', 'N/A', '#N/A', 'nan', 'NULL', 'none', '-', '?', '.', '""'])
        expect(readCsv(`1,${mark}`, 'a', { missing: 'nan' }).rows, mark).toEqual([[1, Number.NaN]]);
    });

    it('never takes a first line of numbers with a hole for names', () => {
      for (const text of ['1,,3\n4,5,6', ',2\n3,4', 'NA,2\n3,4', '1,nan\n2,3']) {
        expect(() => readCsv(text), text).toThrow(DataFormatError);
        expect(readCsv(text, 'a', { missing: 'nan' }).rows, text).toHaveLength(2);
        expect(readCsv(text, 'a', { missing: 'skip' }).rows, text).toHaveLength(1);
      }
      expect(readCsv(',\n1,2', 'a', { missing: 'nan' }).rows).toHaveLength(2);
    });
  });

  it('tells names from a damaged line of numbers, and can be told', () => {
    expect(() => readCsv('1,abc\n2,3', 'a')).toThrow("a number, found 'abc' (or a line of names");
    expect(readCsv('label,0,1\n7,1,2', 'a', { header: true })).toEqual({ columns: ['label', '0', '1'], rows: [[7, 1, 2]] });
    expect(readCsv('1,2\n3,4', 'a', { header: true })).toEqual({ columns: ['1', '2'], rows: [[3, 4]] });
    expect(() => readCsv('a,b\n3,4', 'a', { header: false })).toThrow("found 'a'");
  });

  it.each(['0x10', '1e999', 'Infinity', '1,5', '0b1', '1_000', '1 000', '--1', 'e5', '.'])('takes %j for no number', (value) => {
    expect(() => readCsv(`x;t\n1;"${value}"`, 'a')).toThrow(DataFormatError);
  });

  it('reads the forms of decimal numbers, and keeps spaces that are quoted', () => {
    expect(readCsv('a,b,c,d\n+1,.5,2.,-1E-3').rows).toEqual([[1, 0.5, 2, -0.001]]);
    const columns = [' x', 't '];
    expect(readCsv(writeCsv({ columns, rows: [] })).columns).toEqual(columns);
  });

  it('refuses rows of another length than the header', () => {
    expect(() => writeCsv({ columns: ['x', 't'], rows: [[1]] })).toThrow('rows[0]: has 1 values for 2 columns');
  });
});
