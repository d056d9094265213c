import { beforeEach, describe, expect, it } from 'vitest';
import { LabState } from '../../../apps/shell/lab-state.ts';
import { definition } from './demo-experiment.ts';

let state: LabState;
beforeEach(() => {
  state = new LabState(definition);
});

/** Sets attributes one after the other, as a parser does: each is seen by those after it. */
function attributes(given: Record<string, string>) {
  for (const [name, value] of Object.entries(given)) state.readAttribute(name, value, (other) => given[other] ?? null);
}

describe('LabState', () => {
  it('lets attributes stand above the preset, whatever their order', () => {
    attributes({ rate: '0.5', preset: 'full', start: '2' });
    expect(state.config).toMatchObject({ rate: 0.5, steps: 100, start: 2 });
    expect(state.base).toMatchObject({ rate: 0.05, steps: 100, start: 1 });
  });

  it('notes what attributes had to give up, and forgets it when they are mended', () => {
    attributes({ rate: '99', preset: 'nope' });
    expect(state.notes.map((n) => n.key)).toEqual(['preset', 'rate']);
    attributes({ rate: '1' });
    expect(state.notes.map((n) => n.key)).toEqual(['preset']);
    expect(state.config.rate).toBe(1);
  });

  it('goes back to the preset when an attribute is removed', () => {
    attributes({ rate: '5' });
    state.readAttribute('rate', null, () => null);
    expect(state.config.rate).toBe(0.1);
  });

  it('keeps the seed when the preset changes or everything is reset', () => {
    state.assign({ seed: 42, rate: 3 });
    expect(state.choosePreset('full')).toBe(true);
    expect(state.config).toMatchObject({ seed: 42, rate: 0.05 });
    state.assign({ start: 4 });
    state.resetAll();
    expect(state.config).toMatchObject({ seed: 42, start: 1 });
    expect(state.choosePreset('toString')).toBe(false);
  });

  it('checks what it is given', () => {
    state.assign({ rate: 1e9, steps: 'many', nonsense: 1 });
    expect(state.config).toMatchObject({ rate: 10, steps: 20 });
    expect(state.config).not.toHaveProperty('nonsense');
  });

  it('knows what waits for a restart', () => {
    const applied = state.config;
    expect(state.pending(undefined)).toEqual([]);
    state.assign({ rate: 1, start: 2, points: [1, 2] });
    expect(state.pending(applied)).toEqual(['start']);
    state.assign({ points: [1, 3] });
    expect(state.pending(applied)).toEqual(['start', 'points']);
  });

  it('keeps what is locked or hidden, whatever the reader does, and obeys the page around it', () => {
    attributes({ hide: 'start', lock: 'rate,points' });
    state.change({ rate: 1, start: 2, steps: 30, points: [5, 6] });
    expect(state.config).toMatchObject({ rate: 0.1, start: 1, steps: 30, points: [1, 2] });
    expect(state.choosePreset('full', true)).toBe(true);
    expect(state.config).toMatchObject({ rate: 0.1, steps: 100 });
    expect(state.refused({ rate: 1, start: 1, steps: 7 })).toEqual(['learning rate']);
    state.assign({ rate: 1 });
    expect(state.config.rate).toBe(1);
  });

  it('reaches all that changes the training by *, and parts that do not by their names alone', () => {
    attributes({ lock: '*' });
    expect(['rate', 'seed', 'preset'].map((name) => state.fixes(name))).toEqual([true, true, true]);
    expect(['speed', 'background', 'teachers'].map((name) => state.fixes(name))).toEqual([false, false, false]);
    attributes({ lock: 'speed', hide: 'teachers' });
    expect([state.fixes('speed'), state.hides('speed'), state.fixes('teachers'), state.hides('teachers')]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('takes keys and attributes in hide and lock, and notes what is neither', () => {
    const two = { ...definition, schema: { ...definition.schema, warmUp: definition.schema.start } };
    state = new LabState(two);
    attributes({ lock: 'warm-up rate unit', hide: '*,preset,nothing' });
    expect(state.teacher).toMatchObject({ lock: ['warmUp', 'rate'], hide: ['*', 'preset'] });
    expect(state.notes).toEqual([
      { key: 'lock', message: "'unit' is no parameter and no part of this lab; ignored" },
      { key: 'hide', message: "'nothing' is no parameter and no part of this lab; ignored" },
    ]);
    attributes({ lock: 'warmUp' });
    expect([state.teacher.lock, state.notes.map(({ key }) => key)]).toEqual([['warmUp'], ['hide']]);
  });

  it('makes links with the seed and only the asked-for teacher keys', () => {
    attributes({ hide: 'rate', lock: 'start seed' });
    expect(state.teacher).toMatchObject({ hide: ['rate'], lock: ['start', 'seed'] });
    expect(state.hash({})).toBe('v=1&seed=1');
    expect(state.hash({ lock: ['rate'], embed: true })).toBe('v=1&seed=1&lock=rate&embed=1');
  });
});
