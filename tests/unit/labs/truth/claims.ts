/** How a lab's facts are told: claims of its README and its result. */
import { cell, numbersBetween, readmeOf, tableAfter } from './readme.ts';
import { recordedRun } from './rendered.ts';
import { numbersIn, valueOfText } from './written.ts';

/** A number that is written and the value that it has to be. */
export interface Claim {
  readonly where: string;
  readonly text: string | undefined;
  readonly value: number;
}

/** Why a number may stand in a text as it is: its value, or the source it is cited from, which stands in the same text. */
export type Reason = number | RegExp;

export interface LabFacts {
  /** The numbers written in the texts of the page, and words that stand beside each. */
  readonly written: readonly (readonly [text: string, beside: string, reason: Reason])[];
  /** The numbers of the finding in the order of the sentence. */
  readonly finding: readonly number[];
  /** Numbers of the prose that are computed from several of the run. */
  readonly derived?: readonly number[];
  /** What the README says of the run with the page's settings, which is the recorded one. */
  readonly readme: readonly Claim[];
}

/** A number of a README's table, as it is written there. */
export const readme = (...place: Parameters<typeof cell>): number => valueOfText(cell(...place)).value;

/** Claims of the numbers in a table's rows: of each row the cells from the second on, all of their numbers in order, where they are given. */
export function tableClaims(
  lab: string,
  after: string,
  rows: Readonly<Record<string, readonly (readonly number[] | undefined)[]>>,
): Claim[] {
  const found = tableAfter(readmeOf(lab), after);
  return Object.entries(rows).flatMap(([name, cells]) => {
    const row = found.find((each) => [...each.values()][0] === name);
    if (!row) throw new Error(`the README of ${lab} has no row '${name}' after '${after}'`);
    return cells.flatMap((values, i) => {
      if (!values) return [];
      const texts = numbersIn([...row.values()][i + 1] ?? '');
      return values.map((value, n) => ({ where: `${lab}: row '${name}', column ${i + 2}`, text: texts[n]?.text, value }));
    });
  });
}

/** Claims of the numbers of a sentence, all of them, in order. */
export function sentenceClaims(lab: string, begin: string, end: string, values: readonly number[]): Claim[] {
  const texts = numbersBetween(readmeOf(lab), begin, end);
  const where = `${lab}: '${begin} …'`;
  const missing =
    texts.length === values.length
      ? []
      : [{ where: `${where}: count of numbers`, text: String(texts.length), value: values.length }];
  return [...missing, ...values.map((value, i) => ({ where, text: texts[i], value }))];
}

export const resultOf = <T>(lab: string): T => recordedRun(lab).store.result as T;
export const configOf = (lab: string): Readonly<Record<string, number>> =>
  recordedRun(lab).recording.config as Record<string, number>;
export const get = <T>(value: T | undefined | null): T => {
  if (value === undefined || value === null) throw new Error('the recording lacks a number that the texts need');
  return value;
};
