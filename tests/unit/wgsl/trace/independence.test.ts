/** The tracer is our own: of wgsl_reflect this repository uses what describes a module, and only where shaders are built. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot as root } from '../../../../apps/cli/root.ts';
import { filesIn, importsOf, withoutComments } from '../../build/imports.ts';

const PACKAGE = /^wgsl_reflect(?:\/|$)/;
/** What reads a source and describes it. Everything else of the package runs code (WgslExec, WgslDebug, …) or serves that. */
const DESCRIPTION = new Set(['ResourceType', 'TypeInfo', 'VariableInfo', 'WgslReflect']);

const files = ['engine', 'shaders', 'apps', 'bench', 'tests'].flatMap((folder) =>
  filesIn(root, folder, ['.ts', '.mjs', '.js', '.tsx']),
);
const imports = files.flatMap((file) => importsOf(root, file));
const sourceOf = (file: string) => withoutComments(readFileSync(join(root, file), 'utf8'));

it('only the reflection of the build, and its declaration, import wgsl_reflect', () => {
  const users = imports.filter(({ to }) => PACKAGE.test(to)).map(({ from }) => from);
  expect([...new Set(users)].sort()).toEqual(['shaders/build/reflect.ts', 'shaders/build/wgsl-reflect.d.ts']);
});

it('it takes nothing that executes or debugs code or looks for races', () => {
  const list = /import\s*\{([^}]*)\}\s*from\s*'wgsl_reflect[^']*'/.exec(sourceOf('shaders/build/reflect.ts'))?.[1] ?? '';
  const names = list.split(',').map((name) => name.replace(/\btype\b/, '').trim());
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !DESCRIPTION.has(name))).toEqual([]);
  // Nor under another name, by a namespace import or a call of `import()`.
  for (const { from, dynamic } of imports.filter(({ to }) => PACKAGE.test(to))) {
    expect(dynamic, from).toBe(false);
    expect(sourceOf(from), from).not.toMatch(/import\s*\*|import\s+\w+\s*,|import\s+\w+\s+from\s*'wgsl_reflect/);
  }
});

it('no code names the classes of its interpreter', () => {
  const interpreter =
    /\b(?:WgslExec|WgslDebug|ExecContext|TrackedTypedData|detectRaces|createFragmentQuadDebugger|debugFragmentQuad)\b/;
  const test = 'tests/unit/wgsl/trace/independence.test.ts';
  expect(files.filter((file) => file !== test && interpreter.test(sourceOf(file)))).toEqual([]);
});

it('the language room of the engine imports no package at all, and nothing of the build', () => {
  const own = imports.filter(({ from }) => from.startsWith('engine/wgsl/'));
  expect(own.length).toBeGreaterThan(10);
  expect(own.filter(({ to }) => !to.startsWith('engine/')).map(({ from, to }) => `${from}: ${to}`)).toEqual([]);
});
