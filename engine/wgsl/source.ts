/** Offsets of a source as lines and columns. */
import type { Located } from './errors.ts';

/** Line and column (both from 1) of an offset. */
export function locate(source: string, at: number): Located {
  let line = 1;
  let start = 0;
  for (let i = source.indexOf('\n'); i >= 0 && i < at; i = source.indexOf('\n', i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: at - start + 1 };
}
