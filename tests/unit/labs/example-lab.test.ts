/** The example lab that apps/labs/README.md shows: the files are those of the page, they are few and short, and its experiment runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot as root } from '../../../apps/cli/root.ts';
import { source } from '../../example-site/site.ts';

const files = readdirSync(source).sort();
const text = (file: string) => readFileSync(join(source, file), 'utf8');

it('has five files of at most 120 lines together', () => {
  expect(files).toEqual(['cards.ts', 'experiment.ts', 'prose.ts', 'schema.ts', 'view.ts']);
  const lines = files.reduce((sum, file) => sum + text(file).trimEnd().split('\n').length, 0);
  expect(lines).toBeLessThanOrEqual(120);
});

it('stands in the README as it is', () => {
  const readme = readFileSync(join(root, 'apps/labs/README.md'), 'utf8');
  for (const file of files) expect(readme, file).toContain(`\`\`\`ts\n${text(file).trimEnd()}\n\`\`\``);
});

it('casts nothing and declares nothing twice', () => {
  for (const file of files) expect(text(file), file).not.toMatch(/\bas (?!const\b)[A-Z{(]|\bany\b|!\./);
});
