/** Going on with a file on the page: every lab whose runs can has the control, and a file of another lab changes nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { definition as masktune } from '../../../apps/labs/masktune/schema.ts';
import { writeState } from '../../../apps/labs/masktune/state.ts';
import { toCheckpoint } from '../../../apps/labs/mode/progress.ts';
import { definition as mode } from '../../../apps/labs/mode/schema.ts';
import { labs } from '../../../apps/labs/registry.ts';
import { presetValues } from '../../../apps/runtime/experiment.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { checkpointBar } from '../../../apps/shell/checkpoint-bar.ts';
import { settingsOfCheckpoint } from '../../../apps/shell/settings-of-checkpoint.ts';

const quick = defaults(mode.schema, presetValues(mode, 'quick'));
const file = (config = quick) => toCheckpoint({ step: 7, repairs: [], layers: [] }, config);

/** What the page does with a file. */
function loaded(bytes: Uint8Array, config: Partial<typeof quick> = {}) {
  const lab = { store: new RunStore(), config: { ...quick, ...config }, take: vi.fn(() => true), restart: vi.fn() };
  const bar = checkpointBar(lab as never, mode, '', false, ['seeds', 'compare', 'method']);
  const load = bar.values.find((value) => typeof value === 'function') as (event: CustomEvent) => void;
  const event = new CustomEvent('checkpoint-load', { detail: { name: 'a', bytes }, cancelable: true });
  load(event);
  return { ...lab, refused: event.defaultPrevented, bytes };
}

// Its maps go on from the end by themselves when a control is moved; a file holds no settings that would say which maps.
const elsewhere = ['tsne'];
it.each(labs.flatMap(({ definition: { id, resumes } }) => (resumes && !elsewhere.includes(id) ? [id] : [])))(
  '%s has it, and a teacher can take it away',
  (id) => {
    expect(readFileSync(join(repositoryRoot, 'apps/labs', id, 'view.ts'), 'utf8')).toContain('checkpointBar(this, definition');
    expect(labs.find(({ definition }) => definition.id === id)?.definition.parts).toHaveProperty('checkpoint');
  },
);

describe('a file that is given', () => {
  it('starts a run from it with its settings', () => {
    const { take, restart, bytes } = loaded(file(), { images: 600, seeds: 9 });
    expect(take).toHaveBeenCalledWith(quick, 'This checkpoint');
    expect(restart).toHaveBeenCalledWith('play', { checkpoint: bytes });
  });

  it('leaves the controls as they are where they can go on from it', () => {
    const { take, restart } = loaded(file(), { seeds: 9, theta: 1 });
    expect(take).toHaveBeenCalledWith({}, 'This checkpoint');
    expect(restart).toHaveBeenCalledTimes(1);
  });

  it('is refused where it is of another lab, or damaged, and nothing is started', () => {
    const config = defaults(masktune.schema, presetValues(masktune, 'quick'));
    const other = writeState({ reached: {} as never, steps: 0, erm: null, networks: new Map() }, config);
    expect(settingsOfCheckpoint(other, 'masktune')).toEqual(config);
    for (const bytes of [other, file().subarray(0, 40), new Uint8Array(3)]) {
      const { take, restart, refused } = loaded(bytes);
      expect([refused, take.mock.calls, restart.mock.calls]).toEqual([true, [], []]);
    }
  });
});
