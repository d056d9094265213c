import { describe, expect, it } from 'vitest';
import { unroll } from '../../../shaders/build/unroll.ts';

const squeeze = (text: string) =>
  text
    .replace(/\/\/[^\n]*|\/\*.*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .trim();
const run = (text: string) => squeeze(unroll(text, 'shaders/a.wgsl'));

describe('unroll', () => {
  it('returns the same string where nothing is marked', () => {
    const source = 'fn f() { for (var i = 0u; i < 4u; i++) { a[i] = 0.0; } }';
    expect(unroll(source, 'a.wgsl')).toBe(source);
  });

  it('puts each iteration into a block with a literal in place of the variable', () => {
    expect(run('// @unroll\nfor (var i = 0u; i < 2u; i++) { let t = x[i]; acc += t * f32(i); }')).toBe(
      '{ let t = x[0u]; acc += t * f32(0u); } { let t = x[1u]; acc += t * f32(1u); }',
    );
  });

  it('folds index arithmetic and keeps the suffix', () => {
    expect(run('// @unroll\nfor (var i = 3u; i < 4u; i++) { acc[i * 2u + 1u] = b[(i << 1u) - 2u][i]; }')).toBe(
      '{ acc[7u] = b[4u][3u]; }',
    );
    expect(run('// @unroll\nfor (var i = 1; i < 2; i++) { acc[i * 2] = i; }')).toBe('{ acc[2i] = 1i; }');
    expect(run('// @unroll\nfor (var i: u32 = 1; i <= 1; i++) { acc[i + 1] = i; }')).toBe('{ acc[2u] = 1u; }');
  });

  it('leaves the running part of an index alone', () => {
    expect(run('// @unroll\nfor (var i = 1u; i < 2u; i++) { y = x[base + i * 4u]; z = x[k[i + 1u]]; }')).toBe(
      '{ y = x[base + 1u * 4u]; z = x[k[2u]]; }',
    );
  });

  it('expands nested loops, with inner bounds from the outer variable and module constants', () => {
    const source = `const N = 2u;
const M: u32 = N * 2u - 2u;
// @unroll
for (var i = 0u; i < M; i++) {
  // @unroll
  for (var j = i; j < N; j++) { a[i * N + j] = b[j]; }
}`;
    expect(run(source).replace(/^.*?\{/, '{')).toBe('{ { a[0u] = b[0u]; } { a[1u] = b[1u]; } } { { a[3u] = b[1u]; } }');
  });

  it('counts down and by other steps', () => {
    expect(run('// @unroll\nfor (var i = 4; i >= -1; i -= 3) { f(i); }')).toBe('{ f(4i); } { f(1i); }');
    expect(run('// @unroll\nfor (var i = -1; i <= 0; i++) { f(2 * i); }')).toBe('{ f(2 * (-1i)); } { f(2 * 0i); }');
    expect(run('// @unroll\nfor (var i = 0u; i < 8u; i += 4u) { f(i); }')).toBe('{ f(0u); } { f(4u); }');
    expect(run('// @unroll\nfor (var i = 0u; i < 0u; i++) { f(i); } g();')).toBe('g();');
  });

  it('touches neither members nor comments nor longer names', () => {
    const text = unroll('// @unroll\nfor (var x = 0u; x < 1u; x++) { v.x += xs[x]; // x stays\n}', 'a.wgsl');
    expect(text).toContain('v.x += xs[0u]; // x stays');
  });

  it('accepts continue and break that belong to an inner loop or switch', () => {
    expect(
      run('// @unroll\nfor (var i = 0u; i < 1u; i++) { loop { if (a) { break; } continue; } switch q { default { break; } } }'),
    ).toContain('break');
  });

  it.each([
    ['let i = 0u;', 'begin a for loop'],
    ['for (var i = 0u; i < n; i++) { }', "'i < n'"],
    ['for (var i = n; i < 2u; i++) { }', "'var i = n'"],
    ['for (var i = 0u; i < 2u; i *= 2u) { }', 'constant step'],
    ['for (var i = 0u; i < 2u; i++) { if (a) { break; } }', "'break'"],
    ['for (var i = 0u; i < 2u; i++) { if (a) { continue; } }', "'continue'"],
    ['for (var i = 0u; i < 2u; i++) { i += 1u; }', 'written'],
    ['for (var i = 0u; i < 2u; i++) { let i = 3u; }', 'declared again'],
    ['for (var i = 0u; i < 2u; i++) { f(&i); }', 'address'],
    ['for (var i = 2u; i >= 0u; i--) { }', 'below zero'],
    ['for (var i = 0u; i < 5000u; i++) { }', 'iterations'],
    ['for (var i = 0u; i < 2u; i++) { ', 'no closed body'],
  ])('refuses %s', (loop, message) => {
    expect(() => unroll(`fn f() {\n  // @unroll\n  ${loop}\n}`.replace(/\{ \n\}$/, '{ '), 'shaders/a.wgsl')).toThrow(message);
    expect(() => unroll(`fn f() {\n  // @unroll\n  ${loop}\n}`.replace(/\{ \n\}$/, '{ '), 'shaders/a.wgsl')).toThrow(
      'shaders/a.wgsl:2: ',
    );
  });
});
