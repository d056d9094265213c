import { ConfigError, DataFormatError } from '../errors.ts';

/** A small table: column names and rows of numbers. */
export interface NumberTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

const quote = (text: string): string => (/[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Writes a table as CSV (RFC 4180) with a header line; numbers in the shortest form that reads back to the same value.
 *
 * @throws ConfigError when a row has another number of values than there are columns
 */
export function writeCsv({ columns, rows }: NumberTable): string {
  const lines = [columns.map(quote).join(',')];
  rows.forEach((row, i) => {
    if (row.length !== columns.length)
      throw new ConfigError(`rows[${i}]`, `has ${row.length} values for ${columns.length} columns`);
    lines.push(row.map(String).join(','));
  });
  return `${lines.join('\r\n')}\r\n`;
}

/** How a table is read. */
export interface CsvOptions {
  /** Whether the first line holds names; where this is left out, it does unless one of its fields is a number or missing. */
  readonly header?: boolean;
  /**
   * What becomes of missing values (an empty field, NA, N/A, NaN, null, none, -, ? or .): `refuse` (default) raises an error, `nan` reads NaN,
   * `skip` leaves the line out.
   */
  readonly missing?: 'refuse' | 'nan' | 'skip';
}

/** One field of a CSV file and the character at which it starts. */
interface Field {
  readonly text: string;
  readonly offset: number;
}

/** Splits CSV text into records of fields; quoted fields may hold commas, line breaks and doubled quotes. */
function records(text: string, separator: string, file: string): Field[][] {
  const out: Field[][] = [];
  let record: Field[] = [];
  let at = 0;
  while (at < text.length) {
    const offset = at;
    let value = '';
    const quoted = text[at] === '"';
    if (quoted) {
      for (at++; ; at++) {
        if (at >= text.length) throw new DataFormatError(file, offset, 'a closing quotation mark');
        if (text[at] !== '"') value += text[at];
        else if (text[at + 1] === '"') value += text[at++];
        else break;
      }
      at++;
      if (at < text.length && text[at] !== separator && text[at] !== '\r' && text[at] !== '\n') {
        throw new DataFormatError(file, at, 'a separator or a line break after the quotation mark');
      }
    } else {
      while (at < text.length && text[at] !== separator && text[at] !== '\r' && text[at] !== '\n') value += text[at++];
    }
    record.push({ text: quoted ? value : value.trim(), offset });
    if (text[at] === separator) {
      at++;
      // A separator at the very end is followed by one more, empty field.
      if (at < text.length) continue;
      record.push({ text: '', offset: at });
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    if (record.length > 1 || record[0]?.text !== '') out.push(record);
    record = [];
  }
  return out;
}

/** Decimal numbers only: `Number` also takes '0x10', ' ' and '1e999'. */
const isNumber = (text: string): boolean => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text));

const isMissing = (text: string): boolean => /^(|na|n\/a|#n\/a|nan|null|none|-|\?|\.)$/i.test(text);

/** Whether the first line holds names. A number between names is more likely a damaged line than a name. */
function hasNames(first: readonly Field[], file: string): boolean {
  const name = first.find(({ text }) => !isNumber(text) && !isMissing(text));
  if (!name) return false;
  if (first.some(({ text }) => isNumber(text))) {
    throw new DataFormatError(
      file,
      name.offset,
      `a number, found '${name.text}' (or a line of names without numbers; { header: true } takes any first line for names)`,
    );
  }
  return true;
}

/**
 * Reads a table of numbers from CSV text: with or without a header line, separated by commas, semicolons or tabs, empty lines skipped.
 *
 * @param text the file
 * @param file its name, for messages
 * @returns the table; without a header line the columns are called 'column 1', 'column 2' …
 * @throws DataFormatError where a value is no number, is missing (unless `options` say what to do) or a line has another number of values
 *   than the first
 */
export function readCsv(text: string, file = 'csv', { header, missing = 'refuse' }: CsvOptions = {}): NumberTable {
  const body = text.replace(/^\uFEFF/, '');
  // What stands in quotation marks says nothing about the separator.
  const bare = body.replaceAll(/"[^"]*"/g, '');
  const firstLine = bare.slice(0, bare.search(/[\r\n]|$/));
  const separator = [',', ';', '\t'].find((mark) => firstLine.includes(mark)) ?? ',';
  const all = records(body, separator, file);
  const first = all[0];
  if (!first) throw new DataFormatError(file, 0, 'at least one line of numbers');
  const names = header ?? hasNames(first, file);
  const columns = first.map((field, i) => (names ? field.text : `column ${i + 1}`));
  const rows: number[][] = [];
  for (const record of all.slice(names ? 1 : 0)) {
    if (record.length !== columns.length) {
      throw new DataFormatError(file, record[0]?.offset ?? 0, `${columns.length} values on each line, found ${record.length}`);
    }
    const row = record.map(({ text: value, offset }) => {
      if (isNumber(value)) return Number(value);
      if (!isMissing(value)) throw new DataFormatError(file, offset, `a number, found '${value}'`);
      if (missing !== 'refuse') return Number.NaN;
      throw new DataFormatError(
        file,
        offset,
        `a number, found '${value}' (missing: readCsv takes { missing: 'nan' } to read NaN, 'skip' to leave the line out)`,
      );
    });
    if (missing !== 'skip' || row.every(Number.isFinite)) rows.push(row);
  }
  return { columns, rows };
}
