import { describe, expect, it } from 'vitest';
import { buildCard, type CardSources } from '../../../apps/math/build/build-card.ts';
import { highlight } from '../../../apps/math/build/highlight.ts';
import { findRegion } from '../../../apps/math/build/region.ts';
import { splitCard } from '../../../apps/math/build/split.ts';
import { expandTerms, plainTex, renderTex } from '../../../apps/math/build/tex.ts';
import { tokenize } from '../../../apps/math/build/tokens.ts';
import type { MathCard } from '../../../apps/math/card.ts';

const ts = `import { defineKernel } from './kernel.ts';

/** A scale. */
const half = 0.5;

/**
 * Weight gradient.
 */
export function weightGradient(dy: Float32Array, x: Float32Array, out: { n: number }): { dW: number } {
  let dW = 0;
  for (let i = 0; i < dy.length; i++) dW += dy[i] * x[i]; // dy is not x
  return { dW };
}

export const scale = defineKernel<'x', 'y', { n: number }>({
  name: 'scale',
  sizes: ({ n }) => ({ x: n, y: n }),
  // y = half x
  reference({ x }, { y }, { n }) {
    for (let i = 0; i < n; i++) y[i] = half * x[i];
  },
  variants: [],
});
`;

const wgsl = `// dW = sum dy x
struct Params { n: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> dW: array<f32>;

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  for (var i = 0u; i < params.n; i++) {
    sum += dy[i] * x[i];
  }
  dW[0] = sum;
}
`;

const files: Record<string, string> = { 'a.ts': ts, 'a.wgsl': wgsl };
const sources: CardSources = {
  read: (file) => {
    const text = files[file];
    if (text === undefined) throw new Error('no such file');
    return text;
  },
  list: () => ['1-first.wgsl', '2-second-rung.wgsl'],
  unroll: (source) => source.replace('sum += dy[i] * x[i];', 'sum += dy[0u] * x[0u];'),
};

const card: MathCard = {
  why: 'It is what the tests build.',
  id: 'weight-gradient',
  title: 'Weight gradient',
  tex: ['\\term{dW}{\\frac{\\partial L}{\\partial W}} = \\sum_i \\term{dy}{\\delta_i}\\, \\term{x}{x_i}'],
  reference: { text: 'test' },
  terms: [
    { id: 'dW', label: 'weight gradient', description: 'd', symbol: '∂W', code: 'dW' },
    { id: 'dy', label: 'output gradient', description: 'd', symbol: 'δ', code: 'dy' },
    { id: 'x', label: 'input', description: 'd', symbol: 'x', code: { typescript: /x\[i\]/, wgsl: 'x' } },
  ],
  typescript: [{ file: 'a.ts', parts: ['weightGradient'] }],
  wgsl: [{ file: 'a.wgsl' }],
};

describe('TeX terms', () => {
  it('expands nested terms and lists their ids', () => {
    const { tex, ids } = expandTerms('\\term{a}{x_{\\term{b}{i}}} + \\{ y \\}', 'c');
    expect(tex).toBe('\\data{term=a}{x_{\\data{term=b}{i}}} + \\{ y \\}');
    expect(ids).toEqual(['a', 'b']);
    expect(plainTex('\\term{a}{x_{\\term{b}{i}}}', 'c')).toBe('{x_{{i}}}');
  });

  it('renders MathML with data-term on the nodes', () => {
    const { mathml } = renderTex('\\term{dy}{\\delta_{nyx}} = 1', 'c');
    expect(mathml).toContain('<math');
    expect(mathml).toContain('data-term="dy"');
    expect(mathml).not.toContain('style="display');
  });

  it('names the card where TeX is wrong', () => {
    expect(() => expandTerms('\\term{a}{x', 'conv')).toThrow(/math card 'conv': unbalanced braces/);
    expect(() => renderTex('\\frac{', 'conv')).toThrow(/math card 'conv': TeX/);
  });
});

describe('code panes', () => {
  it('tokenises without losing a character', () => {
    for (const [source, language] of [
      [ts, 'typescript'],
      [wgsl, 'wgsl'],
    ] as const) {
      const tokens = tokenize(source, language);
      expect(tokens.map((t) => t.text).join('')).toBe(source);
    }
    expect(tokenize('x = 1.5e-3 // δ', 'typescript').map((t) => t.kind)).toEqual([
      'name',
      'space',
      'punctuation',
      'space',
      'number',
      'space',
      'comment',
    ]);
  });

  it('finds functions, constants and members with the comments above them', () => {
    const lines = ts.split('\n');
    const text = (name: string) => {
      const { from, to } = findRegion(ts, name, 'typescript', 'c', 'a.ts');
      return lines.slice(from, to).join('\n');
    };
    expect(text('weightGradient')).toMatch(/^\/\*\*\n \* Weight gradient[\s\S]*return \{ dW \};\n\}$/);
    expect(text('half')).toBe('/** A scale. */\nconst half = 0.5;');
    expect(text('scale.reference')).toMatch(/^ {2}\/\/ y = half x\n {2}reference[\s\S]*half \* x\[i\];\n {2}\},?$/);
    expect(text('scale.sizes')).toBe('  sizes: ({ n }) => ({ x: n, y: n }),');
    expect(() => text('absent')).toThrow("a.ts does not declare 'absent'");
  });

  it('finds WGSL functions with their attributes', () => {
    const { from, to } = findRegion(wgsl, 'main', 'wgsl', 'c', 'a.wgsl');
    const part = wgsl.split('\n').slice(from, to);
    expect(part[0]).toBe('@compute @workgroup_size(1)');
    expect(part.at(-1)).toBe('}');
  });

  it('marks terms in code and not in comments, and escapes HTML', () => {
    const [line] = highlight('let a = dy < 1 && b; // dy', 'typescript', card.terms, [{ from: 0, to: 1 }]);
    expect(line?.html).toContain('<span data-term="dy">dy</span> &lt; ');
    expect(line?.html.match(/data-term/g)).toHaveLength(1);
    expect(line?.html).toContain('&amp;&amp;');
  });

  it('marks expressions that regular expressions name, across tokens', () => {
    const terms = [{ ...card.terms[0], id: 'square', code: /1 - z \* z/ }] as MathCard['terms'];
    const [line] = highlight('dx = dy * (1 - z * z);', 'typescript', terms, [{ from: 0, to: 1 }]);
    expect(line?.html).toContain('<span data-term="square"><span class="n">1</span> - z * z</span>)');
  });
});

describe('building a card', () => {
  it('yields MathML, lines with numbers and the unrolled form', () => {
    const built = buildCard(card, sources);
    expect(built.typescript[0]?.lines[0]?.number).toBe(6);
    expect(built.wgsl[0]?.unrolled?.map((l) => l.html).join('')).toContain('0u');
    expect(built.tex[0]).not.toContain('term');
    expect(JSON.parse(JSON.stringify(built))).toEqual(built);
  });

  it('appends the other rungs of a ladder', () => {
    files['ladder/2-second-rung.wgsl'] = wgsl;
    const built = buildCard(
      { ...card, wgsl: [{ file: 'ladder/1-first.wgsl' }], ladder: 'ladder' },
      { ...sources, read: (file) => files[file] ?? wgsl },
    );
    expect(built.wgsl.map((source) => source.label)).toEqual(['1-first.wgsl', 'second-rung']);
  });

  it('splits off rungs and unrolled forms, and nothing else', () => {
    files['ladder/2-second-rung.wgsl'] = wgsl;
    const built = buildCard({ ...card, ladder: 'ladder' }, { ...sources, list: () => ['2-second-rung.wgsl'] });
    const split = splitCard(built, 1);
    expect(split.wgsl).toEqual(built.wgsl);
    expect(split.card.wgsl[0]).toMatchObject({ unrollable: true, lines: built.wgsl[0]?.lines });
    expect(split.card.wgsl[0]).not.toHaveProperty('unrolled');
    expect(split.card.wgsl[1]).toMatchObject({ deferred: true, lines: [], terms: ['dW', 'dy', 'x'] });
  });

  it.each([
    [
      'a pane lacks a term',
      { ...card, terms: card.terms.map((t) => (t.id === 'dy' ? { ...t, code: { typescript: 'dy', wgsl: 'delta' } } : t)) },
      "term 'dy' has no partner in a.wgsl",
    ],
    [
      'the shown part lacks it',
      { ...card, typescript: [{ file: 'a.ts', parts: ['half'] }] },
      "term 'dW' has no partner in a.ts (half)",
    ],
    ['the equation lacks it', { ...card, tex: ['\\term{dW}{W} \\term{dy}{\\delta}'] }, "term 'x' has no partner in the equation"],
    [
      'the equation has an undeclared one',
      { ...card, terms: card.terms.slice(1) },
      '\\term{dW} of the equation is not among its terms',
    ],
    ['a term is declared twice', { ...card, terms: [...card.terms, ...card.terms] }, 'declared twice'],
    ['a file is missing', { ...card, wgsl: [{ file: 'b.wgsl' }] }, 'cannot read b.wgsl'],
  ])('fails when %s', (_, broken, message) => {
    expect(() => buildCard(broken as MathCard, sources)).toThrow(message);
  });
});
