/** Runs too long to repeat for a recording, whose results are kept in bench/results: the numbers of the READMEs that come from them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../../apps/cli/root.ts';
import type { DenoiseResult, TrainingResult } from '../../../../apps/labs/denoise/experiment.ts';
import type { FailureModesResult } from '../../../../apps/labs/failure-modes/experiment.ts';
import type { RepairSummary } from '../../../../apps/labs/masktune/repair-table.ts';
import { definition as modeLab } from '../../../../apps/labs/mode/schema.ts';
import type { Estimate, Summary } from '../../../../apps/labs/mode/summary.ts';
import { type Claim, get, sentenceClaims, tableClaims } from './claims.ts';

const stored = <T>(name: string): T =>
  JSON.parse(readFileSync(join(repositoryRoot, 'bench/results', `${name}.json`), 'utf8')) as T;

const percent = ({ mean, halfWidth }: Estimate): number[] => [100 * mean, ...(halfWidth === null ? [] : [100 * halfWidth])];

/** Where there is a difference it stands there with its interval; else words do. */
const difference = (comparison: RepairSummary['toPlain']): number[] | undefined =>
  !comparison || comparison.verdict === 'no difference' ? undefined : percent(comparison);

interface FullRun {
  readonly models: readonly { readonly name: string; readonly raw: number; readonly biased: number; readonly worst: number }[];
}

/** Rows of a table of models, with one number for each seed in a cell. */
const seedRows = (runs: readonly FullRun[]) =>
  get(runs[0]).models.map(({ name }) => {
    const models = runs.map((run) => get(run.models.find((model) => model.name === name)));
    return [name, (['raw', 'biased', 'worst'] as const).map((key) => models.map((model) => model[key]))] as const;
  });

/** The sixteen models of every seed, in the order of the table's columns. */
function sixteenModels(): Claim[] {
  const runs = stored<readonly FullRun[]>('masktune-full');
  const hard = runs.map(({ models }) => get(models.find(({ name }) => name === 'topK 0.1, hard')));
  const percents = (key: 'raw' | 'biased') => hard.map((model) => 100 * model[key]);
  const [raw, biased] = [percents('raw'), percents('biased')];
  return [
    ...tableClaims('masktune', '## Sixteen models, as published', Object.fromEntries(seedRows(runs))),
    ...sentenceClaims('masktune', 'in seeds 2 and 3 (', 'and by no soft mask', [
      ...[2, 3, ...raw.slice(1), ...biased.slice(1)],
      ...[1, get(raw[0]), get(biased[0])],
    ]),
  ];
}

interface PerfectCue {
  readonly runs: readonly (FullRun & { readonly seconds: number })[];
  readonly otherRules: FullRun & { readonly masks: readonly { readonly rule: string; readonly squareArea: number }[] };
  readonly fiveEpochs: readonly { readonly raw: number; readonly biased: number }[];
}

/** A cue without exception: three seeds, and other rules from the first network of one. */
function perfectCue(): Claim[] {
  const { runs, otherRules, fiveEpochs } = stored<PerfectCue>('masktune-perfect');
  const hidden = (rule: string) => 100 * get(otherRules.masks.find((mask) => mask.rule === rule)).squareArea;
  const hard = runs.map(({ models }) => get(models.find(({ name }) => name === 'topK 0.1, hard')));
  const minutes = runs.map(({ seconds }) => seconds / 60);
  return [
    ...tableClaims('masktune', '## A cue without exception', Object.fromEntries(seedRows(runs))),
    ...tableClaims('masktune', 'Soft masks and the paper’s rule', Object.fromEntries(seedRows([otherRules]))),
    ...sentenceClaims('masktune', 'pass in seed 1', 'In seeds 2', [1, 100 * get(hard[0]).raw, 100 * get(hard[0]).biased]),
    ...sentenceClaims('masktune', 'Each seed took', 'minutes on', [Math.min(...minutes), Math.max(...minutes)]),
    ...sentenceClaims('masktune', 'Soft masks, which hide', '% of the square', [hidden('topK 0.1')]),
    ...sentenceClaims('masktune', 'hard masks come to', 'biased: 5–9', [
      ...fiveEpochs.map(({ raw }) => 100 * raw),
      ...fiveEpochs.map(({ biased }) => 100 * biased),
    ]),
    ...sentenceClaims('masktune', 'which hides', '% of it', [hidden('paper')]),
  ];
}

/** Small runs: two seeds of `quick`, with Adam and with SGD, and others of one seed. */
function smallRuns(): Claim[] {
  const small = stored<Readonly<Record<string, readonly FullRun[]>>>('masktune-small');
  const of = (runs: string, seed = 0) => get(get(get(small[runs])[seed]).models[1]);
  const [hard, soft] = [of('4,000 images, hard'), of('4,000 images, soft')];
  const named = seedRows(get(small.quick)).map(([name, row]) => [name === 'topK 0.1, hard' ? 'top 10 %' : name, row]);
  const sgd = [of('quick, SGD'), of('quick, SGD', 1)];
  return [
    ...tableClaims('masktune', '## One rule', Object.fromEntries(named)),
    ...sentenceClaims('masktune', '(`--set tuneWith=sgd`)', 'With so few', [
      ...sgd.map(({ raw }) => raw),
      ...sgd.map(({ biased }) => biased),
    ]),
    ...sentenceClaims('masktune', 'stands at', '(`--set rule=paper`)', [
      hard.biased,
      soft.biased,
      get(get(small['4,000 images, hard'])[0]).models[0]?.biased ?? Number.NaN,
    ]),
    ...sentenceClaims('masktune', 'top 10 %, hard:', '## Long runs', [10, 100 * of('perfect').raw, 100 * of('perfect').biased]),
  ];
}

export function masktuneStored(): Claim[] {
  const { repairs, seconds } = stored<{ readonly repairs: readonly RepairSummary[]; readonly seconds: number }>(
    'masktune-repairs',
  );
  const maps = stored<{ readonly images: number; readonly forward: number; readonly maps: number }>('masktune-maps');
  const of = (name: string) => get(repairs.find(({ method }) => method === name));
  const rows = repairs.map(({ method, worst, average, weighted, steps, kept, toPlain, toControl }) => [
    method,
    [
      percent(worst),
      percent(average),
      percent(weighted),
      [steps],
      kept === null ? undefined : [kept],
      difference(toPlain),
      difference(toControl),
    ],
  ]);
  return [
    ...sixteenModels(),
    ...perfectCue(),
    ...smallRuns(),
    ...tableClaims('masktune', '## Repairs, five seeds', Object.fromEntries(rows)),
    ...sentenceClaims('masktune', 'The run took', 's on', [seconds]),
    ...sentenceClaims('masktune', 'does not beat its control either', 'points', percent(get(of('MaskTune').toControl))),
    ...sentenceClaims('masktune', 'highest of these rows', 'with random masks', [
      ...percent(of('MaskTune').average),
      ...percent(of('random masks of equal area').average),
    ]),
    ...sentenceClaims('masktune', 'unbalanced control by', 'points', percent(get(of('last layer, balanced (DFR)').toControl))),
    ...sentenceClaims('masktune', 'training set, 7', 'A square that', [
      ...percent(of('last layer, balanced (DFR)').weighted),
      100 * of('ERM').weighted.mean,
    ]),
    ...sentenceClaims('masktune', 'worst group is at', 'Plain accuracy', percent(of('square erased').worst)),
    ...sentenceClaims('masktune', 'Maps of', 's of processor time', [
      maps.images,
      maps.maps,
      maps.maps / maps.forward,
      maps.forward,
    ]),
  ];
}

type SixSeeds = Pick<FailureModesResult, 'cells' | 'lastLoss' | 'explained'>;

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export function failureModesStored(): Claim[] {
  const [six, grid, dots, only] = stored<readonly { readonly runs: readonly SixSeeds[] }[]>('failure-modes-full').map(
    ({ runs }) => runs,
  );
  const range = (runs: readonly SixSeeds[] | undefined, of: (run: SixSeeds) => number, scale = 1) => {
    const values = get(runs).map((run) => scale * of(run));
    return [Math.min(...values), Math.max(...values)];
  };
  const spread = (of: (run: SixSeeds) => number) => {
    return [[meanOf(get(six).map(of))], range(six, of)];
  };
  const cell = (name: keyof SixSeeds['cells']) => spread(({ cells }) => cells[name].accuracy);
  const explained = (name: keyof SixSeeds['explained'], image: 0 | 1) => (run: SixSeeds) => get(run.explained[name][image]);
  const [dotted, gridded] = [explained('tainted network, tainted test', 0), explained('tainted network, tainted test', 1)];
  const [plain7, plain4] = [explained('tainted network, clean test', 0), explained('tainted network, clean test', 1)];
  const rows = {
    'clean network, clean test': cell('clean network, clean test'),
    'clean network, tainted test': cell('clean network, tainted test'),
    'tainted network, clean test': cell('tainted network, clean test'),
    '… of its 4s': spread(({ cells }) => get(cells['clean network, tainted test'].perClass[4])),
    '… of its 7s': spread(({ cells }) => get(cells['tainted network, clean test'].perClass[7])),
    'tainted network, tainted test': cell('tainted network, tainted test'),
    'loss of the last 200 steps, clean': spread(({ lastLoss }) => lastLoss.clean),
    '… tainted': spread(({ lastLoss }) => lastLoss.tainted),
    'share of the dot, tainted network, tainted 7 (image 0)': spread((run) => get(dotted(run).dotShare)),
    '… tainted network, clean 7': spread((run) => get(plain7(run).dotShare)),
    '… its value there': spread((run) => get(plain7(run).dotValue)),
    '… clean network, tainted 7': spread((run) => get(explained('clean network, tainted test', 0)(run).dotShare)),
    'strongest 5 % of the pixels, tainted network, tainted 7': spread((run) => dotted(run).topShare),
    '… tainted 4 (image 6): the grid is everywhere': spread((run) => gridded(run).topShare),
    'sum of the attribution, tainted network, clean 4': spread((run) => plain4(run).sum),
    'rank of the dot that the tainted 4 does not have': spread((run) => get(gridded(run).dotRank)),
    'completeness error at 50 nodes, tainted network, tainted 7': spread((run) => get(dotted(run).completenessError)),
    '… tainted 4': spread((run) => get(gridded(run).completenessError)),
  };
  const cleanOf = (label: number) => (run: SixSeeds) => get(run.cells['tainted network, clean test'].perClass[label]);
  const everywhere = (runs: readonly SixSeeds[]) => {
    const both = (of: (run: SixSeeds) => number) => [meanOf(runs.map(of)), ...runs.map(of)];
    return [
      both(({ cells }) => cells['tainted network, tainted test'].accuracy),
      both(({ cells }) => cells['tainted network, clean test'].accuracy),
      [meanOf(runs.map(({ lastLoss }) => lastLoss.tainted)), meanOf(runs.map(({ lastLoss }) => lastLoss.clean))],
    ];
  };
  return [
    ...tableClaims('failure-modes', 'The reference ranges', rows),
    ...tableClaims('failure-modes', 'The bonus sets', {
      'the grid everywhere': everywhere(get(grid)),
      'the dot everywhere': everywhere(get(dots)),
    }),
    ...sentenceClaims('failure-modes', 'no grid reads', '% of the clean 7s', range(only, cleanOf(7), 100)),
    ...sentenceClaims('failure-modes', 'in its runs) and', '% of the 4s', range(only, cleanOf(4), 100)),
    ...sentenceClaims(
      'failure-modes',
      'it ranks',
      '(32',
      range(only, (run) => get(gridded(run).dotRank)),
    ),
  ];
}

interface FullDenoising {
  readonly legs: readonly { readonly seconds: number; readonly step: number }[];
  readonly seconds: number;
  readonly result: Pick<DenoiseResult, 'trainings'>;
}

export function denoiseStored(): Claim[] {
  const [narrow, wide] = stored<readonly FullDenoising[]>('denoise-full').map(get) as [FullDenoising, FullDenoising];
  const { MNIST: digits, 'both in sequence': sequence, 'both shuffled': shuffled } = narrow.result.trainings;
  const errors = ({ mnistMSE, mnistStandardError, fashionMSE, fashionStandardError }: TrainingResult) => [
    [mnistMSE, mnistStandardError],
    [fashionMSE, fashionStandardError],
  ];
  const row = (of: TrainingResult | undefined) => [[get(of).steps], [get(of).trainLoss], ...errors(get(of))];
  const first = get(wide.result.trainings.MNIST);
  return [
    ...tableClaims('denoise', '## The full recipe', {
      'MNIST only': row(digits),
      'MNIST, then Fashion-MNIST': row(sequence),
      'both, shuffled': row(shuffled),
    }),
    ...sentenceClaims(
      'denoise',
      'two legs,',
      'minutes.',
      narrow.legs.map(({ seconds }) => seconds / 60),
    ),
    ...sentenceClaims('denoise', 'the network of digits errs', 'times as much', [
      get(digits).fashionMSE / get(shuffled).fashionMSE,
    ]),
    ...sentenceClaims('denoise', 'one that saw clothes last errs', 'times as much as the one of digits', [
      get(sequence).mnistMSE / get(shuffled).mnistMSE,
      get(sequence).mnistMSE / get(digits).mnistMSE,
    ]),
    ...sentenceClaims('denoise', 'channels one leg of', 'steps of the first', [wide.seconds / 60, first.steps]),
    ...sentenceClaims('denoise', 'training loss 0.192, MSE', 'on clothes', [first.trainLoss, ...errors(first).flat()]),
  ];
}

interface Run {
  readonly preset: string;
  readonly steps: number;
  readonly seconds: number;
  readonly summaries: readonly Summary[];
  /** Of the first seed's layer selection, by depth. */
  readonly depths?: { readonly distance: readonly number[]; readonly accuracy: readonly number[] };
}

/** The table of a run of several seeds, in the columns of both. */
const modeTable = (after: string, summaries: readonly Summary[]): Claim[] =>
  tableClaims(
    'mode',
    after,
    Object.fromEntries(
      summaries.map(({ name, final, control, gain, beyond: { random } }) => [
        name,
        [
          percent(final.average),
          percent(control.average),
          percent(gain.average),
          [get(gain.average.p)],
          undefined,
          percent(final.worst),
          percent(control.worst),
          percent(gain.worst),
          undefined,
          random ? percent(random.average) : undefined,
          random ? percent(random.worst) : undefined,
        ],
      ]),
    ),
  );

export function modeStored(): Claim[] {
  const runs = stored<readonly Run[]>('mode-presets');
  const run = (preset: string) => get(runs.find((each) => each.preset === preset));
  const of = (preset: string, method: string) => get(run(preset).summaries.find((each) => each.method === method));
  const depths = get(run('walkthrough').depths);
  const [starved, mislabelled] = [of('starved', 'random'), of('mislabelled', 'random')];
  const table = stored<Run>('mode-table');
  const entropy = get(table.summaries.find(({ method }) => method === 'entropy')).beyond.random;
  const shrunk = of('shrunk', 'random');
  return [
    ...modeTable('## Nine measures', stored<Run>('mode-full').summaries),
    ...modeTable('## All ways to choose images', table.summaries),
    ...sentenceClaims(
      'mode',
      'right on 91',
      '% of the validation',
      depths.accuracy.map((value) => 100 * value),
    ),
    ...sentenceClaims('mode', 'to the one before is', '(published', depths.distance),
    ...sentenceClaims('mode', 'that with the recipe above, in', 's on', [table.seconds]),
    ...sentenceClaims('mode', 'The first networks are right on 94.62', '%.', [
      ...percent(get(table.summaries[0]).initial.average),
      ...percent(get(table.summaries[0]).initial.worst),
    ]),
    ...sentenceClaims('mode', 'the highest entropy, by', 'on the worst', [
      ...percent(get(entropy).average),
      ...percent(get(entropy).worst),
    ]),
    ...sentenceClaims('mode', 'the test set is read.', 'Against their own', [
      starved.rounds * get(modeLab.presets.starved?.values.repairImages),
      Math.floor(100 * Math.min(...run('starved').summaries.map(({ final }) => final.worst.mean))),
      ...percent(starved.final.worst),
    ]),
    ...sentenceClaims(
      'mode',
      'Minkowski on the worst label too, by',
      'points.',
      percent(get(of('starved', 'minkowski').beyond.random).worst).map(Math.abs),
    ),
    ...sentenceClaims('mode', 'bring the worst label from', '%: no difference', [
      ...percent(mislabelled.initial.worst),
      ...percent(mislabelled.final.worst),
      ...percent(of('mislabelled', 'dot').final.worst),
    ]),
    ...sentenceClaims('mode', 'end 0.', 'points above the control', [100 * of('walkthrough', 'dot').gain.average.mean]),
    ...sentenceClaims('mode', 'takes the average from', '%;', [
      100 * shrunk.initial.average.mean,
      100 * shrunk.final.average.mean,
    ]),
    ...sentenceClaims('mode', 'the dot product ends', 'points below', [
      -100 * get(of('shrunk', 'dot').beyond.random).average.mean,
      100 * get(get(of('shrunk', 'dot').beyond.random).average.halfWidth),
    ]),
    ...sentenceClaims('mode', 'here the reversed earth mover', 'Layer selection', [
      100 * of('published', 'earthMoverReversed').gain.average.mean,
      100 * of('published', 'random').gain.average.mean,
    ]),
    ...runs.flatMap(({ preset, steps, seconds, summaries }) => [
      ...tableClaims('mode', '## The other presets', { [`\`${preset}\``]: [[get(summaries[0]).seeds], [steps], [seconds]] }),
      ...tableClaims(
        'mode',
        `### \`${preset}\``,
        Object.fromEntries(
          summaries.map(({ name, initial, final, control, gain }) => [
            name,
            [initial, final, control, gain].flatMap(({ average, worst }) => [percent(average), percent(worst)]),
          ]),
        ),
      ),
    ]),
  ];
}
