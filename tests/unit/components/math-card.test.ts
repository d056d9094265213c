/** What a math card shows of a fetch that failed, and of a verification once another run is on the screen. */
import { expect, it } from 'vitest';
import { ChalkMathCard } from '../../../apps/components/math-card/element.ts';
import type { BuiltCard, BuiltSource } from '../../../apps/math/card.ts';
import { readWords } from '../labs/truth/rendered.ts';

/** A card outside a page: its life is told by hand. */
class Card extends ChalkMathCard {
  shows(changed: string): string {
    // An update in a page gives it such a map.
    this.willUpdate(new Map([[changed, undefined]]) as never);
    return readWords(this.render());
  }
  async updates(): Promise<void> {
    Object.defineProperty(this, 'renderRoot', { value: { querySelectorAll: () => [] }, configurable: true });
    this.updated(new Map() as never);
    await new Promise((resolve) => setTimeout(resolve));
  }
}
customElements.define('test-math-card', Card as unknown as CustomElementConstructor);

const source = (label: string, deferred = false): BuiltSource => ({
  ...{ file: `${label}.wgsl`, label, language: 'wgsl', terms: [], lines: [], deferred },
});
const made = (loadWgsl: NonNullable<BuiltCard['loadWgsl']>): BuiltCard => ({
  ...{ id: 'c', title: 'C', why: 'because', mathml: [], tex: [], reference: { text: 'a book' }, indices: [], terms: [] },
  ...{ typescript: [], wgsl: [source('naive'), source('tiled', true)], loadWgsl },
});

it('a kernel that could not be fetched is said in its pane, and tried again when the reader chooses a file', async () => {
  let asked = 0;
  const card = new Card();
  card.card = made(async () => {
    asked += 1;
    if (asked === 1) throw new Error('no network');
    return [source('naive'), source('tiled')];
  });
  card.shows('card');
  const files = card as unknown as {
    renderFiles(pane: string, of: readonly BuiltSource[], shown: number): { values: unknown[] }[];
  };
  const choose = (file: number) => {
    const click = files.renderFiles('wgsl', card.card?.wgsl ?? [], 0)[file]?.values.find((value) => typeof value === 'function');
    if (typeof click === 'function') click();
  };
  choose(1);
  await card.updates();
  expect(card.shows('files')).toContain('The file could not be fetched: no network');
  await card.updates();
  expect(asked, 'not tried at every update').toBe(1);
  choose(1);
  await card.updates();
  expect(asked).toBe(2);
  expect(card.shows('loaded')).not.toContain('could not be fetched');
});

it('what Verify found is forgotten when another run is shown', async () => {
  const card = new Card();
  card.card = made(async () => []);
  card.verify = async () => [{ name: 'by hand', maxError: 0, tolerance: 1, worstIndex: 0, got: 1, expected: 1 }];
  card.shows('card');
  await (card as unknown as { runVerify(): Promise<void> }).runVerify();
  expect(card.shows('results')).toContain('by hand');
  card.run = {};
  expect(card.shows('run')).not.toContain('by hand');
});
