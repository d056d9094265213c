/** MaskTune in rounds: its control makes as many, what hides at random is told, and a run goes on between rounds. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CONTROL, experiment, type MaskTuneResult } from '../../../apps/labs/masktune/experiment.ts';
import { schema } from '../../../apps/labs/masktune/schema.ts';
import { readState, writeState } from '../../../apps/labs/masktune/state.ts';
import type { Config } from '../../../apps/labs/masktune/studio.ts';
import type { CheckpointEvent, LabEvent } from '../../../apps/runtime/events.ts';
import { presetValues } from '../../../apps/runtime/experiment.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { mnist, runTiny, tiny } from './masktune-run.ts';

const RULE = 'topK 0.1, hard, η = 0.003';

async function run(config: Partial<Config>, checkpoint?: Uint8Array) {
  const { runner, ...rest } = await runTiny(config, checkpoint ? { checkpoint } : {});
  await runner.stop();
  return rest;
}

const untimed = ({ seconds: _, ...rest }: MaskTuneResult) => rest;
const lastStep = (events: readonly LabEvent[]) => events.findLast((event) => event.type === 'step');
const runs = (events: readonly LabEvent[]) =>
  events.filter((event): event is CheckpointEvent => event.type === 'checkpoint' && event.name === 'run');

describe.skipIf(!mnist)('two rounds', () => {
  let whole: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    whole = await run({ rounds: 2 });
  });

  it('are made by the control too, at the same number of steps', () => {
    const { result, events } = whole;
    expect(result.models.map(({ name }) => name)).toEqual(['ERM', RULE, `${RULE}, round 2`, CONTROL, `${CONTROL}, round 2`]);
    const stepsOf = (name: string) => events.filter((event) => event.type === 'metric' && event.series === name).length;
    // Two rounds of one epoch of five batches each.
    expect([stepsOf(RULE), stepsOf(CONTROL)]).toEqual([10, 10]);
    expect(lastStep(events)).toMatchObject({ step: 25, total: 25 });
    const [, , , first, second] = result.models;
    expect(second?.raw).not.toEqual(first?.raw);
  });

  it('have a first round as one round is', async () => {
    const one = await run({ rounds: 1 });
    expect(one.result.models).toEqual([0, 1, 3].map((at) => whole.result.models[at]));
    expect(one.result.masks).toEqual([0, 2].map((at) => whole.result.masks[at]));
  });

  it('say what random masks hide: as many cells, and with hard masks fewer pixels', async () => {
    const { masks } = whole.result;
    const rule = 'topK 0.1, hard';
    expect(masks.map((facts) => facts.rule)).toEqual([rule, `${rule}, round 2`, CONTROL, `${CONTROL}, round 2`]);
    const [own, later, random, randomLater] = masks;
    // What was hidden stays hidden, and something else is found.
    expect(later?.hidden).toBeGreaterThan((own?.hidden as number) + 0.01);
    expect(randomLater?.hidden).toBeGreaterThan((random?.hidden as number) + 0.01);
    expect(later?.squares).toBeGreaterThanOrEqual(own?.squares as number);
    expect(whole.store.data.get('masks')).toEqual(masks);
    expect(random?.hidden).toBeLessThan((own?.hidden as number) - 0.001);
    expect(random?.squares).toBeLessThan(0.5);
    const soft = (await run({ hard: false })).result.masks;
    expect(soft[1]?.hidden).toBeCloseTo(soft[0]?.hidden as number, 5);
  });

  it('go on where they stopped, the second round included', async () => {
    for (const { bytes } of runs(whole.events)) {
      const again = await run({ rounds: 2 }, bytes);
      expect(untimed(again.result)).toEqual(untimed(whole.result));
      expect(again.store.data.get('looks')?.map(({ model }) => model)).toContain(`${RULE}, round 2`);
      const last = lastStep(again.events);
      if (last) expect(last).toMatchObject({ step: 25, total: 25 });
    }
    // A file that knows the first round alone: the rounds are made anew.
    const config = { ...defaults(schema, presetValues(experiment, 'quick')), ...tiny, rounds: 2 } as Config;
    const { reached, ...rest } = readState(runs(whole.events).at(-1)?.bytes as Uint8Array, config);
    const models = reached.models.slice(0, 2);
    const networks = new Map([...rest.networks].filter(([name]) => name === RULE));
    const early = writeState(
      { ...rest, steps: 5, reached: { ...reached, models, masks: reached.masks.slice(0, 1) }, networks },
      config,
    );
    const again = await run({ rounds: 2 }, early);
    expect(untimed(again.result)).toEqual(untimed(whole.result));
    expect(lastStep(again.events)).toMatchObject({ step: 25, total: 25 });
  });

  it('are not counted where a study makes one', async () => {
    const rounds = 4;
    const swept = await run({ rounds, study: 'sixteen models', testImages: 200 });
    // An epoch each: the first training, three rules at five strengths and the paper’s, and a control.
    expect(lastStep(swept.events)).toMatchObject({ step: 5 * (1 + 16 + 1), total: 5 * (1 + 16 + 1) });
  });
});
