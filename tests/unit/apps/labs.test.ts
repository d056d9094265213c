/** What every lab's directory owes the site; runs no lab. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { labs } from '../../../apps/labs/registry.ts';
import { partsOf } from '../../../apps/runtime/parts.ts';
import { readRecording } from '../../../apps/runtime/recording.ts';
import { defaults, type Parameter } from '../../../apps/runtime/schema.ts';
import { checkValue } from '../../../apps/runtime/values.ts';

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
    for (const [name, values] of Object.entries(definition.presets)) {
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

  it('has parts whose names no parameter has and that its documentation names', () => {
    const documented = readFileSync(join(root, '../embed/README.md'), 'utf8');
    for (const name of Object.keys(partsOf(definition.parts))) {
      expect(Object.keys(schema)).not.toContain(name);
      expect(documented).toContain(`\`${name}\``);
    }
  });

  it('keeps its schema light: no engine behind it', () => {
    const engine = [...reached(join(root, id, 'schema.ts'))].filter(
      (file) => file.includes('/engine/') && !file.endsWith('/errors.ts'),
    );
    // Plain facts about data sets and layer lists are no engine.
    expect(
      engine.filter((file) => !/engine\/(data\/catalog|nn\/(definition|architectures|validate|shapes))\.ts$/.test(file)),
    ).toEqual([]);
  });

  it('has a page that paints before any script', () => {
    const page = text(id, 'index.html');
    expect(page).toContain(`<chalk-lab-${id} page>`);
    expect(page).toMatch(new RegExp(`<h1>${definition.title}</h1>`));
    expect(page).toContain(definition.question);
    expect(page).toContain(`src="./${id}.ts"`);
    expect(page).not.toMatch(/\b(TITLE|QUESTION|ID)\b/);
  });

  it('has a worker, a module for other pages and a recording of the present version', () => {
    expect(text(id, 'worker.ts')).toContain('host(experiment, browserEnvironment, self)');
    expect(text(id, 'embed.ts')).toContain(`widget('chalk-lab-${id}')`);
    const file = text(id, 'recording.json');
    const recording = readRecording(file);
    expect(recording).toMatchObject({ lab: id, version: definition.version });
    for (const key of Object.keys(recording.config)) expect(Object.keys(schema), 'parameters of the recording').toContain(key);
    expect(recording.events.at(-1)?.[1].type).toBe('result');
    expect(gzipSync(file).length, 'compressed recording').toBeLessThan(400 * 1024);
  });
});
