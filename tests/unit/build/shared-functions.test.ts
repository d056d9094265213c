/** WGSL has no imports: a function that several files need is written out in each. The copies must be the same, comment included. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';

/** Mathematical functions that occur in more than one file. */
const SHARED = [
  'isNaN',
  'expMinusOneNear0',
  'scaled',
  'exponential',
  'naturalLog',
  'sigmoid',
  'gaussian',
  'erfNear0',
  'erfTail',
  'normalCdf',
  'head',
  'positivePower',
  'power',
  'constantPower',
  'reducedLarge',
  'reduced',
  'sinCos',
];

function functionsOf(source: string): Map<string, string> {
  const found = source.matchAll(/^(?:\/\/[^\n]*\n)*fn (\w+)\([\s\S]*?^\}\n/gm);
  return new Map(Array.from(found, ([text, name]) => [name as string, text]));
}

it('copies of a shared function do not differ between shaders', () => {
  const root = join(repositoryRoot, 'shaders');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wgsl'));
  const copies = new Map<string, Map<string, string>>();
  for (const file of files) {
    for (const [name, text] of functionsOf(readFileSync(join(root, file), 'utf8'))) {
      if (!SHARED.includes(name) || text.includes('vec4f) -> vec4<bool>')) continue;
      copies.set(name, (copies.get(name) ?? new Map()).set(file, text));
    }
  }
  for (const name of SHARED) {
    const texts = copies.get(name) ?? new Map();
    expect(texts.size, name).toBeGreaterThan(1);
    expect(new Set(texts.values()).size, `${name} in ${[...texts.keys()].join(', ')}`).toBe(1);
  }
});
