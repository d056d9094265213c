/** The math cards of every lab on a real, tiny run: live tensors that belong to its terms, and a *Verify* that passes. */
import { describe, expect, it } from 'vitest';
import type { LiveTensor } from '../../../apps/components/math-card/element.ts';
import type { MathCard, Verification } from '../../../apps/math/card.ts';
import { openEngine } from '../../../apps/runtime/engine-device.ts';
import type { AnyExperiment } from '../../../apps/runtime/experiment.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { tinyLabs, tinyPacks } from './tiny-labs.ts';

const files = await tinyPacks();

describe.each(tinyLabs)('the cards of %s', (id, config, without) => {
  it('have live tensors of their own, and are verified', async () => {
    const { experiment } = (await import(`../../../apps/labs/${id}/experiment.ts`)) as { experiment: AnyExperiment };
    const { cards } = (await import(`../../../apps/labs/${id}/cards.ts`)) as { cards: readonly MathCard[] };
    const environment = { data: { read: async (path: string) => files.get(path) }, open: openEngine };
    const { runner } = await runInNode(experiment, { environment, device: 'wasm', config });
    const tensors = (await runner.request('tensors', undefined)) as readonly LiveTensor[];
    const terms = new Set(cards.flatMap((card) => card.terms.map((term) => `${card.id}/${term.id}`)));
    expect(tensors.length).toBeGreaterThan(2);
    for (const { name, shape, data, terms: of } of tensors) {
      expect(of.length, name).toBeGreaterThan(0);
      for (const term of of) expect(terms, name).toContain(term);
      expect(data, name).toHaveLength(shape.reduce((a, b) => a * b, 1));
      expect([...(data as Float32Array)].every(Number.isFinite), name).toBe(true);
    }
    for (const card of cards) {
      const asked = runner.request('verify', { card: card.id });
      if (without(card.id)) {
        await expect(asked, card.id).rejects.toThrow(/no check/);
        continue;
      }
      const found = (await asked) as readonly Verification[];
      expect(found.length, card.id).toBeGreaterThan(0);
      for (const { name, maxError, tolerance } of found) expect(maxError, `${card.id}: ${name}`).toBeLessThanOrEqual(tolerance);
    }
    await runner.stop();
  }, 120_000);
});
