/** A recording that was made with other settings than the controls say says so. */
import { expect, it } from 'vitest';
import { definition as mode } from '../../../apps/labs/mode/schema.ts';
import { presetValues } from '../../../apps/runtime/experiment.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { recordedWith } from '../../../apps/shell/recorded-with.ts';

const { schema } = mode;
const recorded = defaults(schema, presetValues(mode, 'quick'));
const said = (config: Partial<typeof recorded>) => recordedWith(schema, recorded, { ...recorded, ...config });

it('is silent where the controls say what was recorded', () => {
  expect(said({})).toBe('');
});

it('names what differs as the controls would, with the values of the recording', () => {
  expect(said({ images: 500, bug: 'none', theta: 1 })).toBe(
    'Its own settings: images 8000, injected bug starve a label, under-fitted below 0.9.',
  );
  expect(said({ published: true, seed: 7 })).toMatch(/: the published code’s mistakes off, seed 1\.$/);
});

it('names no more than three, and leaves out what meant nothing to the recording', () => {
  const full = defaults(schema, presetValues(mode, 'full'));
  expect(recordedWith(schema, recorded, full)).toMatch(/: images 8000, test images 2000, injected bug starve a label, …$/);
  // Wrong labels were not injected, so how many is no setting of it.
  expect(said({ spoilt: 0.1, mislabelAs: 8 })).toBe('');
  expect(recordedWith(schema, { images: 8000 }, full)).toMatch(/: images 8000\.$/);
});
