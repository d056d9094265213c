/** Trains on a spurious cue, hides what the network looks at, fine-tunes it, and asks on tests without and against the cue what that was worth. */
import { type ImageDataset, imageAt } from '../../../engine/data/dataset.ts';
import { SWEEP_RULES, shuffledMaps } from '../../../engine/repair/mask-tune.ts';
import type { MaskRule } from '../../../engine/repair/masks.ts';
import type { Context, Experiment, ExperimentEvent, PlainEvent } from '../../runtime/experiment.ts';
import { type PyTorchRequests, pytorchOf } from '../../runtime/pytorch/serve.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { GROUPS } from './classes.ts';
import { ermConfig, stepsPerEpoch } from './erm.ts';
import { firstOfGroups, type Look, lookAt, type SetName } from './look.ts';
import { type MaskFacts, maskFacts, maskRemarks, modelName, roundName, roundsOf } from './masking.ts';
import { type RepairSummary, repairRow, summarise } from './repair-table.ts';
import { METHODS, type Outcome, stepsOfSeed } from './repairs.ts';
import { maskRow } from './rows.ts';
import { definition, type schema } from './schema.ts';
import { type ModelScores, tested } from './scores.ts';
import { BASE, rowsWouldDiffer, tunedWith } from './state.ts';
import {
  type Config,
  type Digits,
  heldOutCount,
  holdOut,
  loadDigits,
  plant,
  remarks,
  type Studio,
  tableRemarks,
} from './studio.ts';
import { RUN, Study, type StudyEvent } from './study.ts';
import { iterated, type TuneRequest } from './tuning.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

/** Equal in cells of the map: see `shuffledMaps`. */
export const CONTROL = 'random masks of equal area';

export interface MaskTuneResult {
  readonly images: number;
  /** Training images of each group: see GROUPS. */
  readonly sizes: readonly number[];
  readonly trainingAccuracy: number | null;
  readonly models: readonly ModelScores[];
  readonly masks: readonly MaskFacts[];
  /** Seconds of one pass over the training set, and of its maps. */
  readonly seconds: { readonly forward: number; readonly maps: number } | null;
  readonly repairs: readonly RepairSummary[];
}

/** What run and page say to each other. */
export interface MaskTuning {
  result: MaskTuneResult;
  data: {
    sizes: readonly number[];
    models: readonly ModelScores[];
    masks: readonly MaskFacts[];
    repairs: readonly RepairSummary[];
    /** The first training image of each group, seen by the network before and after. */
    looks: readonly Look[];
  };
  requests: CardRequests &
    PyTorchRequests & {
      /** One image, by several networks of this run; masks with the settings of this moment. */
      look(of: { readonly models: readonly string[]; readonly set: SetName; readonly index: number }): readonly Look[];
      /** Fine-tunes once more with the settings of this moment and keeps the network under the name of its rule: what a run tells of one. */
      tune(): { readonly name: string; readonly told: readonly Event[] };
    };
}

type Event = ExperimentEvent<MaskTuning['data']>;

/**
 * The models of a study besides the first: of the sweep, grouped by rule as published, the paper's, and where masks are soft the
 * published best with hard ones: a soft mask leaves a rim of the square, and whether one epoch forgets it is luck. Else the one that is set.
 */
function settingsOf(config: Config): Config[] {
  if (config.study !== 'sixteen models') return [config];
  const order = ['mean', 'threshold', 'topK', 'paper'];
  const rules: MaskRule[] = [...SWEEP_RULES, { rule: 'paper' }];
  const swept = rules
    .sort((a, b) => order.indexOf(a.rule) - order.indexOf(b.rule))
    .map((rule) => ({
      ...config,
      rule: rule.rule,
      strength: rule.rule === 'paper' ? config.strength : rule.rule === 'threshold' ? rule.threshold : rule.k,
    }));
  return config.hard ? swept : [...swept, { ...config, rule: 'topK', strength: 0.1, hard: true }];
}

function totalSteps(config: Config): number {
  if (config.study === 'repairs') return config.seeds * stepsOfSeed(config);
  const models = (settingsOf(config).length + 1) * roundsOf(config);
  return (config.epochs + models * config.tuneEpochs) * stepsPerEpoch(config);
}

const SHOWN = 8;

/** Training images of each group, as they are or masked. */
function* groupStrips({ groups, images, sizes }: Studio): IterableIterator<PlainEvent> {
  for (const [group, name] of GROUPS.entries()) {
    const own = [...groups.keys()].filter((i) => groups[i] === group).slice(0, SHOWN);
    if (sizes[group] === 0) continue;
    yield picture(`group ${name}`, images, own);
  }
}

function picture(name: string, set: ImageDataset, indices: readonly number[]): PlainEvent {
  const { height, width, channels } = set;
  const length = height * width * channels;
  const data = new Uint8Array(indices.length * length);
  indices.forEach((index, n) => {
    data.set(imageAt(set, index), n * length);
  });
  return { type: 'images', name, shape: [indices.length, height, width, channels], data };
}

/** What a study had reached before it was resumed. */
function* before(study: Study): IterableIterator<Event> {
  const { models, masks, outcomes } = study.reached;
  for (const model of models) yield* study.told(model);
  if (masks.length > 0) yield { type: 'data', name: 'masks', value: masks };
  if (Object.keys(outcomes).length > 0) yield* repairEvents(study);
}

function* repairEvents({ reached }: Study): IterableIterator<Event> {
  const repairs = summarise(reached.outcomes);
  for (const summary of repairs) yield { type: 'row', table: 'repairs', id: summary.method, row: repairRow(summary) };
  yield { type: 'data', name: 'repairs', value: repairs };
}

/** The first network, trained and tested, with its maps and what they cost. */
async function* first(study: Study, settings: Pick<Config, 'mapOf'>): AsyncGenerator<StudyEvent> {
  yield* study.train();
  if (!study.known(BASE)) yield* study.keep(BASE, study.erm.trainer.network);
  if (study.reached.seconds) return;
  const forward = yield* study.pass();
  const { seconds } = yield* study.maps(settings);
  if (seconds !== null) study.reached = { ...study.reached, seconds: { forward, maps: seconds } };
}

/** What masks hide, in place of what was known of masks of that name. */
function* keepFacts(study: Study, facts: MaskFacts): IterableIterator<Event> {
  study.reached = { ...study.reached, masks: [...study.reached.masks.filter(({ rule }) => rule !== facts.rule), facts] };
  yield { type: 'data', name: 'masks', value: study.reached.masks };
  yield { type: 'row', table: 'masks', id: facts.rule, row: maskRow(facts, study.studio.carrier) };
}

/** Fine-tunes, and keeps a model for each round. @returns the name of the last */
async function* keepRounds(study: Study, name: string, request: TuneRequest): AsyncGenerator<Event, string> {
  const rounds = yield* iterated(name, study.count, request);
  const control = request.control === true;
  for (const [i, { network }] of rounds.entries()) {
    if (i > 0) {
      const maps = rounds.slice(0, i + 1).map((round) => round.maps);
      const facts = await maskFacts(maps, request.config, study.studio);
      yield* keepFacts(study, control ? { ...facts, rule: roundName(CONTROL, i + 1) } : facts);
      if (!control) yield* maskRemarks(facts);
    }
    yield* study.keep(roundName(name, i + 1), network, i + 1 === rounds.length);
  }
  return roundName(name, rounds.length);
}

/** One fine-tuned model (or one for each round), with what its masks hide. @returns the name of the last */
async function* tuneOne(study: Study, config: Config): AsyncGenerator<Event, string> {
  const { maps } = yield* study.maps(config);
  const facts = await maskFacts([maps], config, study.studio);
  yield* keepFacts(study, facts);
  yield* maskRemarks(facts);
  return yield* keepRounds(study, modelName(config), { config, erm: study.erm, data: study.studio.train, maps });
}

/** The control of a fine-tuning: as many cells hidden at random places, as many rounds. */
async function* tuneControl(study: Study, config: Config): AsyncGenerator<Event> {
  const { erm, studio } = study;
  const { maps } = yield* study.maps(config);
  yield* keepFacts(study, { ...(await maskFacts([shuffledMaps(maps, erm.seed)], config, studio)), rule: CONTROL });
  yield* keepRounds(study, CONTROL, { config, erm, data: studio.train, maps, control: true });
}

/** One rule or sixteen models, and as many cells hidden at random. */
async function* maskStudy(study: Study): AsyncGenerator<Event> {
  const { config, context } = study;
  const alone = config.study === 'one rule';
  yield* first(study, context.live);
  if (alone) study.reached = { tuned: tunedWith({ ...config, ...context.live }), ...study.reached };
  // What the reader changes from here on counts for what is asked, not for what is compared with what has been fine-tuned.
  const chosen = alone ? { ...config, ...study.reached.tuned } : config;
  study.count.total = totalSteps(chosen);
  const lastOf = (settings: Config) => roundName(modelName(settings), roundsOf(config));
  for (const settings of settingsOf(chosen)) {
    if (!study.known(lastOf(settings))) yield* tuneOne(study, settings);
    if (alone) yield* looks(study, settings);
  }
  if (!study.known(roundName(CONTROL, roundsOf(config)))) yield* tuneControl(study, chosen);
  yield* looks(study, alone ? chosen : { ...config, rule: 'topK', strength: 0.1 });
}

/** The first image of each group, before and after a fine-tuning, with its masks. */
async function* looks(study: Study, settings: Config): AsyncGenerator<Event> {
  const after = roundName(modelName(settings), roundsOf(settings));
  const value: Look[] = [];
  for (const index of firstOfGroups(study.studio)) {
    for (const name of [BASE, after]) {
      if (study.networks.has(name)) value.push(await look(study, settings, name, 'training', index));
    }
  }
  yield { type: 'data', name: 'looks', value };
}

function look(study: Study, settings: Config, model: string, set: SetName, index: number): Promise<Look> {
  const network = study.networks.get(model);
  if (!network) throw new Error(`This run has no network ‘${model}’ (any more).`);
  return lookAt(model, network, study.studio, settings, set, index);
}

/** Every method, seed by seed. */
async function* repairStudy(study: Study, digits: Digits): AsyncGenerator<Event> {
  const { config } = study;
  const said = new Set<string>();
  let restless = false;
  for (let seed = config.seed; seed < config.seed + config.seeds; seed++) {
    const missing = METHODS.filter(({ name }) => study.reached.outcomes[name]?.[seed] === undefined);
    if (missing.length === 0) continue;
    const { studio: trained, heldOut } = holdOut(plant(digits, config, seed), heldOutCount(config), seed);
    study.begin(trained, seed);
    yield* tableRemarks(trained, heldOut, config, seed, said);
    yield* study.train(`ERM, seed ${seed}`);
    const { maps } = yield* study.maps(config);
    const facts = await maskFacts([maps], config, study.studio);
    if (seed === config.seed) yield* maskRemarks(facts);
    const { studio, erm, count } = study;
    for (const method of missing) {
      yield { type: 'phase', name: 'train', detail: `${method.name}, seed ${seed}` };
      const { network, steps, note = '', fit } = yield* method.run({ config, studio, heldOut, erm, maps, facts, count });
      const { raw, biased, groups } = yield* tested(method.name, network, studio);
      network.dispose();
      const kept = fit?.selected ? fit.selected.step / fit.steps : null;
      const outcome: Outcome = { ...groups, raw: raw.accuracy, biased: biased.accuracy, steps, kept, note };
      const { outcomes } = study.reached;
      study.reached = {
        ...study.reached,
        outcomes: { ...outcomes, [method.name]: { ...outcomes[method.name], [seed]: outcome } },
      };
      yield* repairEvents(study);
      yield await study.checkpoint();
      if (!restless && rowsWouldDiffer(config, study.context.live)) {
        restless = true;
        yield { type: 'status', level: 'note', message: RESTLESS };
      }
    }
  }
}

const RESTLESS =
  'A repair table is made with the settings that it began with, so that its rows and seeds are made alike: what was changed on the way counts from the next run on.';

export const experiment: Experiment<typeof schema, MaskTuning> = {
  ...definition,
  async *run(config, context) {
    const study = new Study(config, context, totalSteps(config));
    yield* before(study);
    const digits = yield* loadDigits(config, context);
    const studio = plant(digits, config, config.seed);
    yield { type: 'data', name: 'sizes', value: studio.sizes };
    yield* groupStrips(studio);
    serve(study, context);
    if (config.study === 'repairs') yield* repairStudy(study, digits);
    else {
      study.begin(studio, config.seed);
      yield* remarks(studio, config);
      yield* maskStudy(study);
    }
    const { trainingAccuracy, models, masks, seconds, outcomes } = study.reached;
    const { count: images } = studio.images;
    return { images, sizes: studio.sizes, trainingAccuracy, models, masks, seconds, repairs: summarise(outcomes) };
  },
};

/** What stays of a fine-tuning: its rows and scores, its network, and remarks. How it went is not told, nor is its state one to resume from. */
const stays = (event: Event): boolean =>
  ['row', 'data', 'status'].includes(event.type) || (event.type === 'checkpoint' && event.name !== RUN);

async function drained(events: AsyncGenerator<Event, string>) {
  const told: Event[] = [];
  for (;;) {
    const { done, value } = await events.next();
    if (done) return { name: value, told };
    if (stays(value)) told.push(value);
  }
}

/** What the page asks for between steps and after the run. */
function serve(study: Study, context: Context<Config, MaskTuning>): void {
  const { config } = study;
  context.serve('tensors', async () => (await inspection()).inspect(study, context.live));
  context.serve('verify', async ({ card }) => (await inspection()).verify(study, context.live, card));
  context.serve('pytorch', () =>
    pytorchOf({
      definition,
      config,
      begin: () => ermConfig(config, study.studio, study.erm.seed),
      trained: () => study.erm.trainer.network.stateDict(),
    }),
  );
  context.serve('look', async ({ models, set, index }) => {
    const found: Look[] = [];
    for (const name of models) found.push(await look(study, { ...config, ...context.live }, name, set, index));
    return found;
  });
  context.serve('tune', async () => {
    if (!study.known(BASE)) throw new Error('Fine-tuning begins when the first training is over.');
    const settings = { ...config, ...context.live };
    study.count.total += roundsOf(settings) * settings.tuneEpochs * stepsPerEpoch(settings);
    return drained(tuneOne(study, settings));
  });
}
