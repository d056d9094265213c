/**
 * The repair table, sorted by what a method may know, repeated with paired seeds. All methods take the same number of optimiser steps in all,
 * first trainings counted, and of each the best of four states counts, judged on images that nobody trained on.
 */
import type { Network } from '../../../engine/nn/network.ts';
import { cutout, eraseRegion, onInputs } from '../../../engine/repair/controls.ts';
import type { SaliencyMaps } from '../../../engine/repair/data.ts';
import { groupSizes } from '../../../engine/repair/groups.ts';
import { justTrainTwice } from '../../../engine/repair/just-train-twice.ts';
import { lastLayerRetraining } from '../../../engine/repair/last-layer.ts';
import type { ModelSelection } from '../../../engine/repair/model-selection.ts';
import { groupDro, reweighting } from '../../../engine/repair/reweighting.ts';
import type { Fit, FitOptions } from '../../../engine/repair/training.ts';
import { formatPercent } from '../../components/shared/format.ts';
import type { PlainEvent } from '../../runtime/experiment.ts';
import { type Erm, scheduleOf, sgdOf, stepsPerEpoch } from './erm.ts';
import { type MaskFacts, maskFacts } from './masking.ts';
import { newNetwork, SIDE } from './network.ts';
import type { GroupAccuracies } from './scores.ts';
import { type Config, type HeldOutImages, heldOutCount, minorityOf, type Studio } from './studio.ts';
import { fitOptions, goingOn, maskTuned, type StepCount, told, tunedCopy } from './tuning.ts';

/** What one seed of one method came to. */
export interface Outcome extends GroupAccuracies {
  readonly raw: number;
  readonly biased: number;
  /** Optimiser steps in all, with those of a first network that only finds errors. */
  readonly steps: number;
  /** Which share of the last training the state that counts had gone through; null where none was chosen. */
  readonly kept: number | null;
  readonly note: string;
}

/** By method and seed. */
export type Outcomes = Readonly<Record<string, Readonly<Record<string, Outcome>>>>;

/** What a seed's methods stand on. */
export interface Bench {
  readonly config: Config;
  /** Without the images that are held out. */
  readonly studio: Studio;
  readonly heldOut: HeldOutImages;
  readonly erm: Erm;
  readonly maps: SaliencyMaps;
  readonly facts: MaskFacts;
  readonly count: StepCount;
}

export interface Repaired {
  readonly network: Network;
  readonly steps: number;
  readonly note?: string;
  /** The last training, where a state of it was chosen. */
  readonly fit?: Fit;
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
/** Equal in cells of the map: see `shuffledMaps`. */
const RANDOM = 'random masks of equal area';
const UNBALANCED = 'last layer, as many samples as they come';

const firstSteps = ({ config, studio }: Bench) => config.epochs * stepsPerEpoch({ ...config, images: studio.train.count });
const moreSteps = ({ config, studio }: Bench) => config.tuneEpochs * stepsPerEpoch({ ...config, images: studio.train.count });
const budget = (bench: Bench) => firstSteps(bench) + moreSteps(bench);

/** Which state of a last training counts. */
function selection({ config, heldOut }: Bench): ModelSelection {
  return { data: heldOut.data, looks: LOOKS, ...(config.selectBy === 'worst group' && { groups: heldOut.groups }) };
}

export const LOOKS = 4;

/** A training from the start with the first training's optimiser. */
function fromScratch({ config, erm }: Bench, steps: number): FitOptions {
  return {
    optimiser: sgdOf(config, config.rate),
    schedule: scheduleOf(config),
    batchSize: config.batch,
    shuffle: config.shuffle,
    seed: erm.seed,
    steps,
  };
}

const build = ({ config, erm }: Bench) => newNetwork(config.width, erm.seed);

/** More training of the first network, with its images changed. @param plain as the first training went, instead of as one fine-tunes */
async function* further(
  name: string,
  bench: Bench,
  transform?: ReturnType<typeof onInputs>,
  plain = false,
): AsyncGenerator<PlainEvent, Repaired> {
  const { config, erm, studio, count } = bench;
  const fit = await (plain ? goingOn : fitOptions)(config, erm, erm.seed);
  const done = yield* tunedCopy(name, count, erm.trainer, studio.train, {
    ...fit,
    select: selection(bench),
    ...(transform ? { transform } : {}),
  });
  return { ...done, steps: firstSteps(bench) + done.fit.steps };
}

async function* masked(name: string, bench: Bench, control: boolean): AsyncGenerator<PlainEvent, Repaired> {
  const { config, erm, studio, maps, facts, count } = bench;
  const request = { config, erm, data: studio.train, maps, control, select: selection(bench) };
  const { network, maps: shown, fit } = yield* maskTuned(name, count, request);
  const done = { network, fit, steps: firstSteps(bench) + fit.steps };
  if (!control) return done;
  // As many cells of the map are not always as many pixels.
  const { hidden } = await maskFacts([shown], config, studio);
  return { ...done, note: `hides ${formatPercent(hidden)} of an image, MaskTune ${formatPercent(facts.hidden)}` };
}

/** @param first steps of the network that finds errors; the second has the rest of the budget */
async function* twice(name: string, bench: Bench, first: number): AsyncGenerator<PlainEvent, Repaired> {
  const { config, studio, count } = bench;
  const final = Math.max(1, budget(bench) - first);
  const { network, identification, errors, fit } = yield* told(name, count, (onEvent) =>
    justTrainTwice(studio.train, {
      build: () => build(bench),
      identification: { ...fromScratch(bench, first), onEvent },
      final: { ...fromScratch(bench, final), select: selection(bench), onEvent },
      upweight: config.upweight,
    }),
  );
  identification.dispose();
  const note =
    errors.length === 0
      ? 'its error set is empty: the second training is plain training'
      : `weights up ${errors.length} of the images, ${inMinority(errors, studio)} of them against the shortcut`;
  return { network, fit, steps: first + fit.steps, note };
}

/** How many of these images speak against the shortcut. */
function inMinority(indices: ArrayLike<number>, { groups, sizes }: Studio): number {
  const minority = minorityOf(sizes);
  return Array.from(indices).filter((i) => minority.includes(groups[i] as number)).length;
}

async function* lastLayer(name: string, bench: Bench, balanced: boolean): AsyncGenerator<PlainEvent, Repaired> {
  const { config, heldOut, erm, count } = bench;
  const { network, drawn, l1 } = yield* told(name, count, (onEvent) =>
    lastLayerRetraining(erm.trainer.network, heldOut.data, {
      groups: heldOut.groups,
      balanced,
      draws: DRAWS,
      l1: PENALTIES,
      judge: config.selectBy,
      seed: erm.seed,
      fit: { steps: moreSteps(bench), onEvent },
    }),
  );
  const missing = groupSizes(heldOut.groups, 4).filter((size) => size === 0).length;
  const lacks = missing === 0 ? '' : `; ${missing} of 4 groups have none`;
  return { network, steps: budget(bench), note: `${drawn} held-out images a draw, λ = ${l1}${lacks}` };
}

/** Layers that are averaged, and strengths of their penalty: the last steps of `lastLayerRetraining` are those of each of these layers alone. */
const DRAWS = 10;
const PENALTIES = [0, 0.01, 0.03, 0.1];

async function* scratch(
  name: string,
  bench: Bench,
  train: (network: Network, options: FitOptions) => Promise<Fit>,
): AsyncGenerator<PlainEvent, Repaired> {
  const network = build(bench);
  try {
    const options = { ...fromScratch(bench, budget(bench)), select: selection(bench) };
    const fit = yield* told(name, bench.count, (onEvent) => train(network, { ...options, onEvent }));
    return { network, fit, steps: fit.steps };
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
  method('no group labels', 'ERM', null, (name, bench) => further(name, bench, undefined, true)),
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
  method('no group labels', 'JTT, not stopped early', PLAIN, (name, bench) => twice(name, bench, budget(bench) >> 1)),
  method('no group labels', 'JTT, stopped early', PLAIN, (name, bench) =>
    twice(name, bench, Math.min(budget(bench) >> 1, (bench.config.jttEpochs * firstSteps(bench)) / bench.config.epochs)),
  ),
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

/** Steps of one seed, those of every last layer counted. */
export function stepsOfSeed(config: Config): number {
  const perEpoch = stepsPerEpoch({ ...config, images: config.images - heldOutCount(config) });
  const [first, more] = [config.epochs * perEpoch, config.tuneEpochs * perEpoch];
  const fineTuned = 6;
  const anew = 4;
  return first + fineTuned * more + anew * (first + more) + 2 * (DRAWS + PENALTIES.length) * more;
}
