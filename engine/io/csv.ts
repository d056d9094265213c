import { ConfigError, DataFormatError } from '../errors.ts';

/** A small table: column names and rows of numbers. */
export interface NumberTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

const quote = (text: string): string => (/[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

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
    if (text[at] === '"') {
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
    record.push({ text: value.trim(), offset });
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

/**
 * Reads a table of numbers from CSV text: with or without a header line, separated by commas, semicolons or tabs, empty lines skipped.
 *
 * @param text the file
 * @param file its name, for messages
 * @returns the table; without a header line the columns are called 'column 1', 'column 2' …
 * @throws DataFormatError where a value is no number or a line has another number of values than the first
 */
export function readCsv(text: string, file = 'csv'): NumberTable {
  const body = text.replace(/^\uFEFF/, '');
  // What stands in quotation marks says nothing about the separator.
  const bare = body.replaceAll(/"[^"]*"/g, '');
  const firstLine = bare.slice(0, bare.search(/[\r\n]|$/));
  const separator = [',', ';', '\t'].find((mark) => firstLine.includes(mark)) ?? ',';
  const all = records(body, separator, file);
  const first = all[0];
  if (!first) throw new DataFormatError(file, 0, 'at least one line of numbers');
  const isNumber = ({ text: value }: Field): boolean => value !== '' && Number.isFinite(Number(value));
  const hasHeader = !first.every(isNumber);
  const columns = first.map((field, i) => (hasHeader ? field.text : `column ${i + 1}`));
  const rows = all.slice(hasHeader ? 1 : 0).map((record) => {
    if (record.length !== columns.length) {
      throw new DataFormatError(file, record[0]?.offset ?? 0, `${columns.length} values on each line, found ${record.length}`);
    }
    return record.map((field) => {
      if (!isNumber(field)) throw new DataFormatError(file, field.offset, `a number, found '${field.text}'`);
      return Number(field.text);
    });
  });
  return { columns, rows };
}
