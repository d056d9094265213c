/** A table of results without its element: columns, order, files. */
import { toCsv } from '../shared/files.ts';
import { type Cell, compareCells } from '../shared/sorting.ts';

export type ResultRow = Readonly<Record<string, Cell>>;

export interface ColumnOrder {
  readonly column: string;
  readonly descending: boolean;
}

/** Columns of all rows, in order of appearance. */
export const columnsOf = (rows: readonly ResultRow[]): string[] => [...new Set(rows.flatMap((row) => Object.keys(row)))];

/** Columns that hold numbers, and nothing else that is not missing: they stand flush right. */
export const isNumeric = (rows: readonly ResultRow[], column: string): boolean => {
  const values = rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined);
  return values.length > 0 && values.every((value) => typeof value === 'number');
};

/** A sorted copy; equal rows keep their order. */
export function sortRows(rows: readonly ResultRow[], order: ColumnOrder | null): readonly ResultRow[] {
  if (!order) return rows;
  const { column, descending } = order;
  return [...rows].sort((a, b) => compareCells(a[column], b[column], descending));
}

/** What a press on a column's head makes of the order: up, down, as it came. */
export function nextOrder(order: ColumnOrder | null, column: string): ColumnOrder | null {
  if (order?.column !== column) return { column, descending: false };
  return order.descending ? null : { column, descending: true };
}

/** Numbers in full precision. */
export const rowsCsv = (rows: readonly ResultRow[], columns: readonly string[] = columnsOf(rows)): string =>
  toCsv(
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  );

/** A list of records; numbers that JSON has no word for are null. */
export const rowsJson = (rows: readonly ResultRow[]): string => `${JSON.stringify(rows, null, 2)}\n`;
