/**
 * The numbers in words are those of the run on the screen: finding, prose and README of every lab are compared with its recording, the
 * recording's settings with those that the page opens with, and whatever number is written into a text has a value to be, or a source.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { formatPercent } from '../../../apps/components/shared/format.ts';
import { labs } from '../../../apps/labs/registry.ts';
import { type Preset, presetValues } from '../../../apps/runtime/experiment.ts';
import { defaults, type Parameter } from '../../../apps/runtime/schema.ts';
import type { LabFacts } from './truth/claims.ts';
import { controlFacts } from './truth/control-facts.ts';
import { facts } from './truth/facts.ts';
import { readWords, recordedPage, recordedRun, textsOf } from './truth/rendered.ts';
import { isYear, numbersIn, says, type Written, writtenIn } from './truth/written.ts';

const root = join(repositoryRoot, 'apps/labs');

/** A name (of a layer, of a list of layers), or nothing and one as such. */
const isName = ({ text, context, whole }: Written): boolean =>
  /^(layout )?[\d\s,]+…?$/.test(whole.trim()) ||
  /^grid-row/.test(context) ||
  (/^[01]$/.test(text) && !new RegExp(`${text} %`).test(context));

/** The files whose words a reader sees. */
const textFiles = (lab: string): string[] =>
  readdirSync(join(root, lab)).filter((file) => /^(prose|view)\.ts$|-(view|plot|bars|figure|panel|editor)\.ts$/.test(file));

/** All numbers of a value. */
function leaves(value: unknown, found: Set<number> = new Set()): Set<number> {
  if (typeof value === 'number') found.add(value);
  else if (typeof value === 'string')
    for (const { text } of numbersIn(value)) found.add(Number(text.replace('−', '-').replaceAll(',', '')));
  else if (ArrayBuffer.isView(value)) for (const each of new Set(value as unknown as Iterable<number>)) found.add(each);
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) leaves(each, found);
  return found;
}

const known = (text: string, values: Iterable<number>): boolean =>
  [...values].some((value) => says(text, value) || says(text, 100 * value) || says(text, Math.abs(100 * value)));

/** Whether a written number has a reason, and what is wrong with it where it has none. */
function problemOf({ text, context, whole }: Written, { written }: Pick<LabFacts, 'written'>): string | undefined {
  const near = written.filter(([number, beside]) => number === text && context.includes(beside));
  if (near.length === 0) return `${text} stands for nothing that was run: “${context}”`;
  const right = near.some(([, , reason]) => (typeof reason === 'number' ? says(text, reason) : reason.test(whole)));
  return right ? undefined : `${text} is not ${near.map(([, , reason]) => reason).join(' or ')}: “${context}”`;
}

it('writes no percentage that is rounded to all or nothing: formatPercent keeps them apart', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const rounded = files.filter((file) => /toFixed\(\d\)\} %/.test(readFileSync(join(root, file), 'utf8')));
  expect(rounded).toEqual([]);
  expect([formatPercent(0.995, 0), formatPercent(0.004, 0), formatPercent(1, 0)]).toEqual(['99.5 %', '0.4 %', '100 %']);
});

it('has facts for every lab', () => {
  expect(Object.keys(facts).sort()).toEqual(labs.map(({ definition }) => definition.id).sort());
});

describe.each(labs.map(({ definition }) => [definition.id, definition] as const))('%s', (id, definition) => {
  const of = facts[id]?.() as LabFacts;
  const page = recordedPage(id);
  const { store } = recordedRun(id);

  it('is recorded with the settings that the page opens with', () => {
    expect(page.ran).toEqual(defaults(definition.schema, presetValues(definition, 'quick')));
  });

  it('has a finding whose numbers are those of the recording', async () => {
    const words = readWords((await textsOf(id)).finding?.(page));
    const numbers = numbersIn(words).map(({ text }) => text);
    expect(numbers.length, words).toBe(of.finding.length);
    for (const [i, value] of of.finding.entries())
      expect(says(numbers[i] as string, value), `${numbers[i]} is ${value}: ${words}`).toBe(true);
  });

  it('has no number in its texts that comes from nowhere', () => {
    const presets = Object.values(definition.presets as Readonly<Record<string, Preset>>);
    const written = [
      ...textFiles(id).flatMap((file) => writtenIn(join(root, id, file))),
      ...presets.flatMap(({ label = '', shows = '' }) => [...numbersIn(label), ...numbersIn(shows)]),
    ];
    expect(written.filter((number) => !isName(number)).flatMap((number) => problemOf(number, of) ?? [])).toEqual([]);
  });

  it('has no number in the words of its controls that comes from nowhere', () => {
    const parameters = Object.values(definition.schema as Readonly<Record<string, Parameter>>);
    const words = parameters.flatMap(({ label, help = '', group = '', ...rest }) => [
      ...[label, help, group],
      ...('names' in rest ? Object.values(rest.names ?? {}) : []),
      ...('unit' in rest ? [rest.unit ?? ''] : []),
    ]);
    const numbers = words.flatMap((text) => numbersIn(text ?? '')).filter((number) => !isName(number) && !isYear(number.text));
    const written = controlFacts[id]?.() ?? [];
    expect(numbers.flatMap((number) => problemOf(number, { written }) ?? [])).toEqual([]);
    const unused = written.filter(([text, beside]) => !numbers.some((n) => n.text === text && n.context.includes(beside)));
    expect(
      unused.map(([text, beside]) => `${text}, ${beside}`),
      'facts of nothing',
    ).toEqual([]);
  });

  it('has prose whose other numbers are those of the recording', async () => {
    const words = readWords((await textsOf(id)).prose?.(page));
    expect(words).not.toMatch(/NaN|undefined|\[object|–\s?%/);
    const pool = [...leaves(store.result), ...leaves(page.ran), ...leaves([...store.tables.values()]), ...(of.derived ?? [])];
    const stands = new Set(writtenIn(join(root, id, 'prose.ts')).map(({ text }) => text));
    const strange = numbersIn(words).filter(({ text }) => !isYear(text) && !stands.has(text) && !known(text, pool));
    expect(strange.map(({ text, context }) => `${text}: “${context}”`)).toEqual([]);
  });

  it('has a README that says the same of the run', () => {
    expect(of.readme.length).toBeGreaterThan(0);
    for (const { where, text, value } of of.readme)
      expect(text !== undefined && says(text, value), `${where}: ${text} is ${value}`).toBe(true);
  });

  it('has tables on the page with the numbers of its result', () => {
    const pool = [...leaves(store.result), ...leaves(page.ran), ...(of.derived ?? [])];
    for (const [table, rows] of store.tables) {
      if (definition.id === 'regression' && table === 'for orientation') continue;
      for (const row of rows) {
        for (const [column, value] of Object.entries(row)) {
          if (typeof value === 'number') expect(pool, `${table}: ${column} ${value}`).toContain(value);
        }
      }
    }
  });
});
