import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildCard } from '../../../apps/math/build/build-card.ts';
import type { MathCard } from '../../../apps/math/card.ts';
import { unroll } from '../../../shaders/build/unroll.ts';

const read = (file: string) => readFileSync(file, 'utf8');
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
});
