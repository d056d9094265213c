/** Offsets of a source as lines and columns. */
import type { Located } from './errors.ts';

/** WGSL's line breaks; a carriage return before a line feed belongs to it. */
const LINE_BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;

/** Line and column (both from 1) of an offset. */
export function locate(source: string, at: number): Located {
  let line = 1;
  let start = 0;
  for (const match of source.slice(0, at).matchAll(LINE_BREAK)) {
    line++;
    start = match.index + match[0].length;
  }
  return { line, column: at - start + 1 };
}
