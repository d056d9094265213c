/** What a site ships of a kernel, and what it keeps aside. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vite';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { leanCode, referenceCode } from '../../../apps/shell/build/lean-kernels.ts';
import { shortTemplates } from '../../../apps/shell/build/short-templates.ts';

const tree = (code: string) => parseAst(code, { lang: 'ts' });
const folder = join(repositoryRoot, 'engine/kernels');
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
  .filter(([name, code]) => code.includes('defineKernel') && name !== 'kernel.ts');

const definition = `const TABLE = { exp: { equation: 'y = e^x', f: exp, ulps: 1.5, derivative: (y) => y, saves: 'y' } };
export const half = defineKernel({
  name: 'half', // ½ of each
  example: { count: 3 },
  reference({ x }, { y }, { count }) { for (let i = 0; i < count; i++) y[i] = x[i] / 2; },
  variants: [{ id: 'naive', plan: (p) => ({ dispatches: [] }) }],
});
import { dispatch } from './kernel.ts';
`;

describe('kernels of a site', () => {
  it('lose what no GPU needs, and nothing else', () => {
    const lean = leanCode(definition, tree(definition), true);
    expect(lean.replace(/ +/g, ' ')).toContain("{ exp: { derivative: true, saves: 'y' } }");
    expect(lean).toContain("name: 'half', // ½ of each");
    expect(lean).toContain("variants: [{ id: 'naive', plan: (p) => ({ dispatches: [] }) }]");
    expect(lean).not.toMatch(/reference|equation|example|ulps/);
  });

  it('have their references in a set of their own', () => {
    const kept = referenceCode(definition, tree(definition));
    expect(kept).toContain('y[i] = x[i] / 2');
    expect(kept).toContain('variants: []');
    expect(kept).toContain("from './kernel.ts?references'");
    expect(kept).not.toContain('dispatches');
  });

  it.each(files)('%s is read as the build reads it', (_, code) => {
    const lean = leanCode(code, tree(code), true);
    expect(lean.length).toBeLessThan(code.length);
    expect(lean).not.toMatch(/^\s+reference\(\{/m);
    for (const text of [lean, referenceCode(code, tree(code))]) expect(() => tree(text)).not.toThrow();
  });
});

describe('templates of a site', () => {
  it('lose their lines, and nothing that a reader sees', () => {
    const code = [
      'const page = html`<p>',
      '    two  words §{a} §{html`<b>',
      '  x</b>`}</p>`;',
      'const look = css`/* why */',
      '  :host { margin: §{x} §{y}; }',
      '  a :hover {',
      '    color: red;',
      '  }`;',
      'const other = `as',
      '  it is`;',
    ]
      .join('\n')
      .replaceAll('§', '$');
    expect(shortTemplates(code, tree(code))).toBe(
      [
        'const page = html`<p> two  words §{a} §{html`<b> x</b>`}</p>`;',
        'const look = css` :host{margin: §{x} §{y};}a :hover{color: red;}`;',
        'const other = `as',
        '  it is`;',
      ]
        .join('\n')
        .replaceAll('§', '$'),
    );
  });
});
