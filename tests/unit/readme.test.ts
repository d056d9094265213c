import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

it('shows an example that runs as printed and learns', () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] as string;
  // Ten lines as one would type them; the formatter breaks the long ones.
  expect(code.match(/;$/gm)?.length).toBeLessThanOrEqual(11);
  const file = join(root, `example-${process.pid}.ts`);
  writeFileSync(file, code);
  try {
    const { stdout, stderr, status } = spawnSync('node', ['apps/cli/run.mjs', 'exec', file], { cwd: root, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const accuracy = Number(/test accuracy ([\d.]+)/.exec(stdout)?.[1]);
    expect(accuracy).toBeGreaterThan(0.7);
  } finally {
    rmSync(file);
  }
}, 240_000);

it('names pictures, folders and commands that exist', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] as string);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect(existsSync(join(root, link)), link).toBe(true);
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  for (const [, name] of readme.matchAll(/npm run (\w+)/g)) expect(Object.keys(scripts)).toContain(name);
});
