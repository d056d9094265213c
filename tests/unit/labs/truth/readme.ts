/** The README of a lab: its tables by row and column, and the numbers of a sentence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../../apps/cli/root.ts';
import { numbersIn } from './written.ts';

export const readmeOf = (lab: string): string => readFileSync(join(repositoryRoot, 'apps/labs', lab, 'README.md'), 'utf8');

const cellsOf = (line: string): string[] =>
  line
    .replace(/^\||\|\s*$/g, '')
    .split('|')
    .map((cell) => cell.trim());

/** The first table after the words: its rows, each by the names of its columns. */
export function tableAfter(readme: string, words: string): ReadonlyMap<string, string>[] {
  const at = readme.indexOf(words);
  if (at < 0) throw new Error(`the README does not say '${words}'`);
  const table = /(?:^\|.*\n)+/m.exec(`${readme.slice(at)}\n`)?.[0];
  const [head = [], , ...rows] = (table ?? '').trimEnd().split('\n').map(cellsOf);
  return rows.map((row) => new Map(head.map((name, i) => [name, row[i] ?? ''])));
}

/** The number in a cell, the n-th where it has several. */
export function cell(lab: string, after: string, row: string, column: string, n = 0): string {
  const found = tableAfter(readmeOf(lab), after).find((cells) => [...cells.values()][0] === row);
  const text = found?.get(column);
  const number = text === undefined ? undefined : numbersIn(text)[n]?.text;
  if (number === undefined) throw new Error(`the README of ${lab} has no number ${n} in row '${row}', column '${column}'`);
  return number;
}

/** The numbers of the words from `begin` up to `end`. */
export function numbersBetween(readme: string, begin: string, end: string): string[] {
  const plain = readme.replace(/\s+/g, ' ');
  const from = plain.indexOf(begin);
  const to = plain.indexOf(end, from + begin.length);
  if (from < 0 || to < 0) throw new Error(`the README does not say '${begin} … ${end}'`);
  return numbersIn(plain.slice(from, to)).map(({ text }) => text);
}
