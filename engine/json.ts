import { DataFormatError } from './errors.ts';

/** JSON in files of others: what `JSON.parse` lets through, and what must not end a message. */

/** A value for a message: its JSON, cut; also of a value that nests too deeply to be written. */
export function shown(value: unknown): string {
  try {
    const text = JSON.stringify(value) ?? 'nothing';
    return text.length > 120 ? `${text.slice(0, 120)}…` : text;
  } catch {
    return `a ${typeof value} that nests too deeply`;
  }
}

/** True for an object that is no list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for a finite number. */
export const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** True for a whole number from 0 on that is exact. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Number of elements of a shape.
 *
 * @returns undefined where it is too large to be exact
 */
export function elementsOf(shape: readonly number[]): number | undefined {
  const product = shape.reduce((total, size) => total * size, 1);
  return Number.isSafeInteger(product) ? product : undefined;
}

/**
 * The first name that an object gives twice, wherever it nests, or undefined. `JSON.parse` keeps the last value and says nothing; an
 * escaped letter is the same letter.
 *
 * @param text valid JSON
 */
export function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === '{') open.push(new Set());
    else if (mark === '}') open.pop();
    else if (mark === '"') {
      const start = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
      let next = at + 1;
      while (/\s/.test(text[next] ?? '')) next++;
      // A text before a colon is a name; all others are values.
      if (text[next] !== ':') continue;
      const name = JSON.parse(text.slice(start, at + 1)) as string;
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}

/**
 * Parses JSON.
 *
 * @param offset where in the file it starts, for messages
 * @throws DataFormatError where it is none
 */
export function parseJson(text: string, file: string, offset: number, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new DataFormatError(file, offset, what, { cause: error });
  }
}
