/** Runs too long to repeat for a recording, whose results are kept in bench/results: the numbers of the READMEs that come from them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../../apps/cli/root.ts';
import type { RepairSummary } from '../../../../apps/labs/masktune/repair-table.ts';
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

/** The sixteen models of every seed, in the order of the table's columns. */
function sixteenModels(): Claim[] {
  const runs = stored<readonly FullRun[]>('masktune-full');
  const rows = get(runs[0]).models.map(({ name }) => {
    const models = runs.map((run) => get(run.models.find((model) => model.name === name)));
    return [name, (['raw', 'biased', 'worst'] as const).map((key) => models.map((model) => model[key]))] as const;
  });
  return tableClaims('masktune', '## Sixteen models, as published', Object.fromEntries(rows));
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
    ...sentenceClaims('mode', 'random ones to', '%.', percent(starved.final.worst)),
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
