/** What every lab's directory owes the site; runs no lab. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { labs } from '../../../apps/labs/registry.ts';
import { checkParameterTerms } from '../../../apps/math/build/check-parameters.ts';
import type { MathCard } from '../../../apps/math/card.ts';
import type { AnyContract } from '../../../apps/runtime/contract.ts';
import type { Preset } from '../../../apps/runtime/experiment.ts';
import { readLink, writeLink } from '../../../apps/runtime/link.ts';
import { partsOf } from '../../../apps/runtime/parts.ts';
import { type Recording, readRecording, splitRecording, writeRecording } from '../../../apps/runtime/recording.ts';
import { defaults, type Parameter, type Schema } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { checkValue } from '../../../apps/runtime/values.ts';
import type { LabPage, Texts } from '../../../apps/shell/lab-module.ts';
import { oldLinks } from './links-of-version-1.ts';

const root = new URL('../../../apps/labs/', import.meta.url).pathname;
const folders = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory());
const text = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

/** Files that a schema reaches by imports, itself included. */
function reached(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s(?!type)[^;]*?from\s+'(\.[^']+)'/gms)) {
    const target = join(file, '..', path as string);
    if (existsSync(target)) reached(target, seen);
  }
  return seen;
}

/** Plain facts about data sets and layer lists are no engine. */
const isPlain = (file: string) =>
  /engine\/(errors|data\/catalog|explain\/method-names|nn\/(definition|architectures|validate|shapes))\.ts$/.test(file);

it('links of version 1 are kept of all labs that had one', () => {
  expect(labs.map(({ definition }) => definition.id)).toEqual(expect.arrayContaining(Object.keys(oldLinks)));
});

it('every directory is a lab of the home page', () => {
  expect(labs.map(({ definition }) => definition.id).sort()).toEqual(folders.sort());
});

describe.each(labs.map(({ definition }) => [definition.id, definition] as const))('%s', (id, definition) => {
  const schema = definition.schema as Record<string, Parameter>;

  it('has a title and asks a question', () => {
    expect(definition.title.length).toBeGreaterThan(2);
    expect(definition.question).toMatch(/\?$/);
  });

  it('has presets that its own schema accepts', () => {
    for (const [name, { values }] of Object.entries(definition.presets as Record<string, Preset>)) {
      for (const [key, value] of Object.entries(values as object)) {
        const parameter = schema[key];
        expect(parameter, `${name}: ${key}`).toBeDefined();
        if (parameter) expect(checkValue(parameter, value, parameter.default).note, `${name}: ${key}`).toBeUndefined();
      }
    }
  });

  it('has defaults that survive their own checks', () => {
    for (const [key, value] of Object.entries(defaults(schema))) {
      const parameter = schema[key] as Parameter;
      expect(checkValue(parameter, value, undefined), key).toEqual({ value });
    }
  });

  it('opens links of its first version as they were meant, and writes them the same', () => {
    const old = oldLinks[id];
    if (!old) return;
    const { state, notes } = readLink(definition, old.hash);
    expect(notes).toEqual([]);
    expect(state.config).toMatchObject(old.values);
    expect([state.preset, state.hide, state.lock]).toEqual([old.preset, old.hide ?? [], old.lock ?? []]);
    const written = new URLSearchParams(writeLink(definition, state));
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(new URLSearchParams(old.hash)));
  });

  it('has parts whose names no parameter has and that its documentation names', () => {
    const documented = readFileSync(join(root, '../embed/README.md'), 'utf8');
    for (const name of Object.keys(partsOf(definition.parts))) {
      expect(Object.keys(schema)).not.toContain(name);
      expect(documented).toContain(`\`${name}\``);
    }
  });

  it('keeps its schema light: no engine behind it', () => {
    const engine = [...reached(join(root, id, 'schema.ts'))].filter((file) => file.includes('/engine/'));
    expect(engine.filter((file) => !isPlain(file))).toEqual([]);
  });

  it('keeps its view light: of the experiment it imports types alone', () => {
    const engine = [...reached(join(root, id, 'view.ts'))].filter(
      (file) => file.includes('/engine/') || file.endsWith(`${id}/experiment.ts`),
    );
    expect(engine.filter((file) => !isPlain(file))).toEqual([]);
  });

  it('exports what the build joins to an element', async () => {
    expect(text(id, 'view.ts')).toMatch(/^export class View extends LabElement</m);
    expect(text(id, 'experiment.ts')).toMatch(/^export const experiment: Experiment</m);
    expect(text(id, 'prose.ts')).toMatch(/^export const prose: Prose</m);
    expect(text(id, 'cards.ts')).toMatch(/^export (const cards\b|\{ cards \})/m);
  });

  it('casts nothing that comes from its run: the contract types it', () => {
    const words = text(id, 'view.ts').replace(/'[^']*'|`[^`]*`|\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(words.match(/\bas (?:readonly|unknown|[A-Z{([])/g) ?? []).toEqual([]);
    expect(text(id, 'experiment.ts')).toMatch(/^export interface \w+ \{\n {2}result: /m);
  });

  it('has parameters that name terms of its own cards, with their symbols', async () => {
    const { cards } = (await import(`../../../apps/labs/${id}/cards.ts`)) as { cards: readonly MathCard[] };
    checkParameterTerms(id, schema, cards);
    expect(Object.values(schema).some(({ term }) => term !== undefined)).toBe(true);
  });

  it('has a recording of the present version', () => {
    const file = text(id, 'recording.json');
    const recording = readRecording(file);
    expect(recording).toMatchObject({ lab: id, version: definition.version });
    for (const key of Object.keys(recording.config)) expect(Object.keys(schema), 'parameters of the recording').toContain(key);
    expect(recording.events.at(-1)?.[1].type).toBe('result');
    expect(gzipSync(file).length, 'compressed recording').toBeLessThan(400 * 1024);
  });

  it('has a story that is small, finds what the whole recording finds, and becomes it with its pictures', async () => {
    const file = text(id, 'recording.json');
    const { story, pictures } = splitRecording(file);
    expect(gzipSync(story).length, 'compressed story').toBeLessThan(80 * 1024);
    const whole = readRecording(file);
    expect(writeRecording(readRecording(story, pictures)) === writeRecording(whole), 'both files are the recording').toBe(true);
    const { finding } = (await import(`../../../apps/labs/${id}/prose.ts`)) as Texts<Schema, AnyContract>;
    const found = (recording: Recording) => {
      const store = new RunStore<AnyContract>();
      store.apply(recording.events.map(([, event]) => event));
      const config = recording.config as LabPage<Schema, AnyContract>['config'];
      const page = { config, ran: config, store, runState: 'finished', recorded: true, take: () => true } as const;
      // What a template is made of: its text, its values, and what it does on a click.
      return JSON.stringify(finding?.(page));
    };
    expect(found(readRecording(story))).toBe(found(whole));
    expect(found(whole)?.length).toBeGreaterThan(20);
  });
});
