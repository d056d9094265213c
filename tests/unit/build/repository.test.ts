import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot as root } from '../../../apps/cli/root.ts';
import { filesIn } from './imports.ts';

const TEXT = [
  '.ts',
  '.mjs',
  '.js',
  '.cjs',
  '.json',
  '.md',
  '.wgsl',
  '.html',
  '.css',
  '.yml',
  '.yaml',
  '.txt',
  '.ipynb',
  '.gitignore',
  '.npmrc',
  'run',
];

/** What the repository holds: git's list, or in an unpacked archive every file. */
function files(): string[] {
  const listed = existsSync(join(root, '.git'))
    ? execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
    : filesIn(root, '.', TEXT);
  return listed.filter(
    (file) => file !== 'package-lock.json' && existsSync(join(root, file)) && TEXT.some((end) => file.endsWith(end)),
  );
}

const texts = files().map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

function lines(pattern: RegExp, except: RegExp = /^$/): string[] {
  return texts
    .filter(({ file }) => !except.test(file))
    .flatMap(({ file, text }) =>
      text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 160)}`] : [])),
    );
}

it('names no path of the machine it was written on', () => {
  expect(texts.length).toBeGreaterThan(50);
  // Homes, temporary folders, and wherever this checkout itself lies.
  expect(lines(/(^|[\s'"`(=:])\/(home|Users|root|tmp)\/|[A-Z]:\\Users\\/)).toEqual([]);
  const here = [root, ...(dirname(root).split('/').length > 1 && dirname(root) !== '/' ? [`${dirname(root)}/`] : [])];
  expect(texts.filter(({ text }) => here.some((path) => text.includes(path))).map(({ file }) => file)).toEqual([]);
});

it('reaches outside the checkout in the CI script only', () => {
  expect(lines(/\.\.\/shared\/(data|docs|fixtures)/, /^(\.ci\/run|tests\/unit\/build\/repository\.test\.ts)$/)).toEqual([]);
});

it('leaves nothing unfinished and no test switched off', () => {
  expect(lines(/\b(TO(?:)DO|FIX(?:)ME|X(?:)XX)\b/)).toEqual([]);
  expect(lines(/\b(it|test|describe)\.(only|todo|skip)\b/, /repository\.test\.ts$/)).toEqual([]);
});

it('keeps source files short enough to read', () => {
  const long = texts
    .filter(({ file }) => /^(engine|apps|bench|shaders|tests)\/.*\.(ts|mjs|wgsl)$/.test(file))
    .map(({ file, text }) => ({ file, count: text.split('\n').length }))
    .filter(({ count }) => count > 500);
  expect(long).toEqual([]);
});

it('the lock file holds no download addresses, which would tie it to one registry', () => {
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
});
