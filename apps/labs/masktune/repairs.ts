/**
 * The repair table, sorted by what a method may know, repeated with paired seeds. Methods that train a whole network again or further have the same
 * budget of steps. Others differ, and the table says how: ERM stops before the extra epoch, a new last layer costs steps of that layer alone, and
 * a second training on the errors at the end comes on top of the first.
 */
import type { Network } from '../../../engine/nn/network.ts';
import { cutout, eraseRegion, onInputs } from '../../../engine/repair/controls.ts';
import type { SaliencyMaps } from '../../../engine/repair/data.ts';
import { justTrainTwice } from '../../../engine/repair/just-train-twice.ts';
import { lastLayerRetraining } from '../../../engine/repair/last-layer.ts';
import { groupDro, reweighting } from '../../../engine/repair/reweighting.ts';
import { errorSet, type FitOptions } from '../../../engine/repair/training.ts';
import type { PlainEvent } from '../../runtime/experiment.ts';
import { type Erm, scheduleOf, sgdOf, stepsPerEpoch } from './erm.ts';
import type { MaskFacts } from './masking.ts';
import { newNetwork, SIDE } from './network.ts';
import type { GroupAccuracies } from './scores.ts';
import type { Config, Studio } from './studio.ts';
import { fitOptions, maskTuned, type StepCount, told, tunedCopy } from './tuning.ts';

/** What one seed of one method came to. */
export interface Outcome extends GroupAccuracies {
  readonly raw: number;
  readonly biased: number;
  /** Steps that the network took in all, with those of a first network that only finds errors. */
  readonly steps: number;
  readonly note: string;
}

/** By method and seed. */
export type Outcomes = Readonly<Record<string, Readonly<Record<string, Outcome>>>>;

/** What a seed's methods stand on. */
export interface Bench {
  readonly config: Config;
  readonly studio: Studio;
  readonly erm: Erm;
  readonly maps: SaliencyMaps;
  readonly facts: MaskFacts;
  readonly count: StepCount;
}

export interface Repaired {
  readonly network: Network;
  readonly steps: number;
  readonly note?: string;
  /** The network is the first training's: it must stay. */
  readonly shared?: boolean;
}

export type Knowledge = 'no group labels' | 'group labels' | 'where the square is';

export interface Method {
  readonly name: string;
  readonly knows: Knowledge;
  /** Name of the method that it must beat. */
  readonly control: string | null;
  run(bench: Bench): AsyncGenerator<PlainEvent, Repaired>;
}

export const PLAIN = 'ERM, one more epoch';
const RANDOM = 'random masks of equal area';
const UNBALANCED = 'last layer, as many samples as they come';

const firstSteps = ({ config }: Bench) => config.epochs * stepsPerEpoch(config);
const moreSteps = ({ config }: Bench) => config.tuneEpochs * stepsPerEpoch(config);
const budget = (bench: Bench) => firstSteps(bench) + moreSteps(bench);

/** A training from the start with the first training's optimiser. */
function fromScratch({ config, erm }: Bench, length: { readonly epochs: number } | { readonly steps: number }): FitOptions {
  return {
    optimiser: sgdOf(config, config.rate),
    schedule: scheduleOf(config),
    batchSize: config.batch,
    shuffle: config.shuffle,
    seed: erm.seed,
    ...length,
  };
}

const build = ({ config, erm }: Bench) => newNetwork(config.width, erm.seed);

/** More training of the first network, with its images changed. */
async function* further(
  name: string,
  bench: Bench,
  transform?: ReturnType<typeof onInputs>,
): AsyncGenerator<PlainEvent, Repaired> {
  const { config, erm, studio, count } = bench;
  const fit = await fitOptions(config, erm, erm.seed);
  const network = yield* tunedCopy(name, count, erm.trainer, studio.train, { ...fit, ...(transform ? { transform } : {}) });
  return { network, steps: budget(bench) };
}

async function* masked(name: string, bench: Bench, control: boolean): AsyncGenerator<PlainEvent, Repaired> {
  const { config, erm, studio, maps, count } = bench;
  const { network } = yield* maskTuned(name, count, { config, erm, data: studio.train, maps, control });
  return { network, steps: budget(bench) };
}

async function* twice(name: string, bench: Bench, early: boolean): AsyncGenerator<PlainEvent, Repaired> {
  const { config, studio, erm, count } = bench;
  const { train } = studio;
  const first = early ? config.jttEpochs * stepsPerEpoch(config) : firstSteps(bench);
  if (!early && (await errorSet(erm.trainer.network, train)).length === 0) {
    const note = 'its error set is empty: the second training is the first again';
    return { network: erm.trainer.network, steps: first, note, shared: true };
  }
  const final = early ? Math.max(1, budget(bench) - first) : budget(bench);
  if (!early) count.total += final;
  const result = yield* told(name, count, (onEvent) =>
    justTrainTwice(train, {
      build: () => build(bench),
      identification: early ? { ...fromScratch(bench, { epochs: config.jttEpochs }), onEvent } : erm.trainer.network,
      final: { ...fromScratch(bench, { steps: final }), onEvent },
      upweight: config.upweight,
    }),
  );
  if (early) result.identification.dispose();
  const note = `${result.errors.length} images weighted up`;
  return { network: result.network, steps: first + final, note };
}

async function* lastLayer(name: string, bench: Bench, balanced: boolean): AsyncGenerator<PlainEvent, Repaired> {
  const { studio, erm, count } = bench;
  const { network, drawn } = yield* told(name, count, (onEvent) =>
    lastLayerRetraining(erm.trainer.network, studio.train, { groups: studio.groups, balanced, seed: erm.seed, fit: { onEvent } }),
  );
  return {
    network,
    steps: firstSteps(bench),
    note: `its last layer anew from ${drawn} images: ${DRAWS} times ${HEAD_STEPS} steps of that layer alone`,
  };
}

/** Draws of `lastLayerRetraining`, of so many steps each. */
const DRAWS = 10;
const HEAD_STEPS = 100;

async function* scratch(
  name: string,
  bench: Bench,
  train: (network: Network, options: FitOptions) => Promise<unknown>,
): AsyncGenerator<PlainEvent, Repaired> {
  const network = build(bench);
  try {
    const steps = budget(bench);
    yield* told(name, bench.count, (onEvent) => train(network, { ...fromScratch(bench, { steps }), onEvent }));
    return { network, steps };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

const method = (
  knows: Knowledge,
  name: string,
  control: string | null,
  run: (name: string, bench: Bench) => AsyncGenerator<PlainEvent, Repaired>,
): Method => ({ name, knows, control, run: (bench) => run(name, bench) });

export const METHODS: readonly Method[] = [
  method('no group labels', 'ERM', null, async function* (_, bench) {
    yield { type: 'phase', name: 'train', detail: 'as it is' };
    return { network: bench.erm.trainer.network, steps: firstSteps(bench), shared: true };
  }),
  method('no group labels', PLAIN, null, (name, bench) => further(name, bench)),
  method('no group labels', RANDOM, PLAIN, (name, bench) => masked(name, bench, true)),
  method('no group labels', 'cutout', RANDOM, (name, bench) => {
    const size = Math.max(1, Math.round(SIDE * Math.sqrt(bench.facts.hidden)));
    return further(
      name,
      bench,
      onInputs((x, rng) => cutout(x, { size, rng })),
    );
  }),
  method('no group labels', 'MaskTune', RANDOM, (name, bench) => masked(name, bench, false)),
  method('no group labels', 'JTT, errors at the end', PLAIN, (name, bench) => twice(name, bench, false)),
  method('no group labels', 'JTT, stopped early', PLAIN, (name, bench) => twice(name, bench, true)),
  method('group labels', UNBALANCED, PLAIN, (name, bench) => lastLayer(name, bench, false)),
  method('group labels', 'last layer, balanced (DFR)', UNBALANCED, (name, bench) => lastLayer(name, bench, true)),
  method('group labels', 'GroupDRO', PLAIN, (name, bench) =>
    scratch(name, bench, (network, options) =>
      groupDro(network, bench.studio.train, { ...options, groups: bench.studio.groups }),
    ),
  ),
  method('group labels', 'reweighting', PLAIN, (name, bench) =>
    scratch(name, bench, (network, options) =>
      reweighting(network, bench.studio.train, { ...options, groups: bench.studio.groups }),
    ),
  ),
  method('where the square is', 'square erased', PLAIN, (name, bench) =>
    further(
      name,
      bench,
      onInputs((x) => bench.studio.regions.reduce((image, region) => eraseRegion(image, region), x)),
    ),
  ),
];

/** Steps of one seed: all methods but the second training of JTT from errors at the end, which may not take place. */
export function stepsOfSeed(config: Config): number {
  const [first, more] = [config.epochs * stepsPerEpoch(config), config.tuneEpochs * stepsPerEpoch(config)];
  const fineTuned = 5;
  const anew = 3;
  return first + fineTuned * more + anew * (first + more) + 2 * DRAWS * HEAD_STEPS;
}
