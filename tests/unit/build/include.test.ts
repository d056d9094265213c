/** Text that several WGSL files share: what becomes of `// @include`, and what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { include } from '../../../shaders/build/include.ts';
import { shaderFiles } from '../../../shaders/build/types.ts';

const FILES: Readonly<Record<string, string>> = {
  'shaders/include/double.wgsl': 'fn double(v: f32) -> f32 {\n  return 2.0 * v;\n}\n',
  'shaders/include/quadruple.wgsl': '// @include double.wgsl\n\nfn quadruple(v: f32) -> f32 {\n  return double(double(v));\n}\n',
  'shaders/include/fields.wgsl': 'rows: u32,\ncolumns: u32,\n',
  'shaders/include/loop.wgsl': '// @include loop.wgsl\n// @include ring.wgsl\n',
  'shaders/include/ring.wgsl': '// @include loop.wgsl\n',
};
const expand = (source: string, path = 'shaders/a/b.wgsl') =>
  include(source, path, (file) => FILES[file] ?? expect.fail(`no ${file}`));

describe('include', () => {
  it('puts each file in once, with what it includes itself, and says where every line was written', () => {
    const { text, places, files } = expand(
      '// @include ../include/double.wgsl\n// @include ../include/quadruple.wgsl\nfn f() -> f32 {\n  return quadruple(1.0);\n}\n',
    );
    expect(text.match(/fn double/g)).toHaveLength(1);
    expect(text).toContain('fn quadruple');
    expect(files).toEqual(['shaders/include/double.wgsl', 'shaders/include/quadruple.wgsl']);
    const lines = text.split('\n');
    expect(places).toHaveLength(lines.length - 1);
    const placeOf = (line: string) => places[lines.indexOf(line)];
    expect(placeOf('  return 2.0 * v;')).toEqual({ path: 'shaders/include/double.wgsl', line: 2 });
    expect(placeOf('  return quadruple(1.0);')).toEqual({ path: 'shaders/a/b.wgsl', line: 4 });
  });

  it('keeps the indentation of the line that asks', () => {
    const { text } = expand('struct Params {\n  // @include ../include/fields.wgsl\n  slope: f32,\n}\n');
    expect(text).toBe('struct Params {\n  rows: u32,\n  columns: u32,\n  slope: f32,\n}\n');
  });

  it('leaves a text without includes as it is', () => {
    const source = '// includes nothing\nfn f() {}\n';
    expect(expand(source).text).toBe(source);
  });

  it('refuses what does not exist and what nothing uses, at its line', () => {
    expect(() => expand('fn f() {}\n// @include none.wgsl\n')).toThrow(
      'shaders/a/b.wgsl:2: @include: no file shaders/a/none.wgsl',
    );
    expect(() => expand('// @include ../include/double.wgsl\nfn f() {}\n')).toThrow(
      "shaders/include/double.wgsl:1: @include: nothing in the program uses 'double'",
    );
  });

  it('ends where files include one another', () => {
    expect(expand('// @include ../include/loop.wgsl\nfn f() {}\n').files).toHaveLength(2);
  });
});

it('no function stands in two shaders: what several need is included', () => {
  const homes = new Map<string, string[]>();
  for (const path of shaderFiles(repositoryRoot)) {
    const own = readFileSync(`${repositoryRoot}/${path}`, 'utf8');
    for (const [text] of own.matchAll(/^fn \w+\([\s\S]*?^\}\n/gm)) homes.set(text, [...(homes.get(text) ?? []), path]);
  }
  expect(homes.size).toBeGreaterThan(40);
  expect([...homes.values()].filter((paths) => paths.length > 1)).toEqual([]);
});
