import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { labs } from '../../../apps/labs/registry.ts';
import { because } from '../../../apps/math/because.ts';
import { buildCard } from '../../../apps/math/build/build-card.ts';
import type { MathCard } from '../../../apps/math/card.ts';
import { batchNorm, batchNormGradient } from '../../../engine/kernels/batch-norm.ts';
import { conv2d } from '../../../engine/kernels/conv2d.ts';
import { conv2dWeightGradient } from '../../../engine/kernels/conv2d-weight-gradient.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { matmulNT, matmulTN } from '../../../engine/kernels/matmul-transposed.ts';
import { maxPool, maxPoolGradient } from '../../../engine/kernels/pooling.ts';
import { dropout } from '../../../engine/kernels/random.ts';
import { resizeGradient } from '../../../engine/kernels/resize.ts';
import { readIncluded } from '../../../shaders/build/read.ts';
import { unroll } from '../../../shaders/build/unroll.ts';

const read = (file: string) => readIncluded(repositoryRoot, file).text;
const modules = import.meta.glob<{ cards: readonly MathCard[] }>('../../../apps/math/cards/*.ts', { eager: true });
const cards = Object.values(modules).flatMap((module) => module.cards);

describe('the cards of the site', () => {
  it.each(cards.map((card) => [card.id, card] as const))('%s: every term has partners, every file and part exists', (_, card) => {
    const built = buildCard(card, { read, unroll, list: (folder) => readdirSync(folder).sort() });
    expect(built.mathml.join('')).not.toContain('merror');
    for (const source of [...built.typescript, ...built.wgsl]) expect(source.lines.length).toBeGreaterThan(2);
  });

  it('have ids of their own, and names in every file of the folder', () => {
    expect(new Set(cards.map((card) => card.id)).size).toBe(cards.length);
    expect(Object.keys(modules)).toHaveLength(readdirSync('apps/math/cards').length);
  });

  it('begin with one plain sentence: why it matters', async () => {
    for (const { definition } of labs) {
      const own = (await import(`../../../apps/labs/${definition.id}/cards.ts`)) as { cards: readonly MathCard[] };
      expect(own.cards.length).toBeGreaterThan(3);
      for (const { id, why } of own.cards) {
        const where = `${definition.id}, ${id}: ${why}`;
        expect(why, where).toMatch(/^\p{Lu}[^.!?]{28,178}\.$/u);
        // Plain: no symbols of the equation below it, beyond a number or a name.
        expect(why, where).not.toMatch(/[\\∂Σ∑‖_^=<>]/);
      }
      // The sentence of one card is not that of another.
      expect(new Set(own.cards.map(({ why }) => why)).size).toBe(own.cards.length);
    }
  });

  it('take the words of a lab, and no words for a card that is not there', () => {
    const [first] = cards as [MathCard];
    expect(because([first], { [first.id]: 'Because.' })[0]).toEqual({ ...first, why: 'Because.' });
    expect(() => because([first], { nowhere: 'Because.' })).toThrow("no card 'nowhere'");
  });

  /** The equation without its marks: `\\term{id}{x}` is x. Spaces and sizes of brackets say nothing. */
  const plain = (tex: string): string => {
    let text = tex;
    for (let at = text.indexOf('\\term{'); at >= 0; at = text.indexOf('\\term{')) {
      const open = text.indexOf('}{', at) + 1;
      let [depth, end] = [1, open];
      while (depth > 0) depth += { '{': 1, '}': -1 }[text[++end] as string] ?? 0;
      text = text.slice(0, at) + text.slice(open + 1, end) + text.slice(end + 1);
    }
    return text.replace(/\\[,;]|\\([bB]ig|q?quad)(?![a-z])|\s/g, '');
  };

  it.each([
    ['linear', matmul],
    ['linear-input-gradient', matmulNT],
    ['linear-weight-gradient', matmulTN],
    ['conv2d', conv2d],
    ['conv2d-weight-gradient', conv2dWeightGradient],
    ['batch-norm', batchNorm],
    ['batch-norm-gradient', batchNormGradient],
    ['max-pool', maxPool],
    ['max-pool-gradient', maxPoolGradient],
    ['bilinear-gradient', resizeGradient],
    ['dropout', dropout],
  ])('%s has the equation of its kernel, in the same symbols', (id, kernel) => {
    const card = cards.find((one) => one.id === id);
    expect(plain((card?.tex ?? []).join(',')).slice(0, plain(kernel.equation).length)).toBe(plain(kernel.equation));
  });
});
