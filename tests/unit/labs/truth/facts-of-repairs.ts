/** As facts.ts, for the labs that repair networks. */
import type { MaskTuneResult } from '../../../../apps/labs/masktune/experiment.ts';
import type { ModeResult } from '../../../../apps/labs/mode/experiment.ts';
import { configOf, get, type LabFacts, numbersOf, resultOf, sentenceClaims, tableClaims } from './claims.ts';
import { masktuneStored, modeStored } from './stored.ts';

export function masktune(): LabFacts {
  const { models, trainingAccuracy, seconds } = resultOf<MaskTuneResult>('masktune');
  const [erm, tuned, control] = models;
  const row = (model: typeof erm) => {
    const { raw, biased, groups } = get(model);
    return [[raw.accuracy], [biased.accuracy], [groups.worst]];
  };
  const config = configOf('masktune');
  const percent = (share: number) => 100 * share;
  /** With the digits in the name of the group. */
  const worst = (model: typeof erm) => {
    const { groups } = get(model);
    return [percent(groups.worst), ...(groups.each.indexOf(groups.worst) < 2 ? [0, 4] : [5, 9])];
  };
  return {
    written: [
      ['18', 'range from 18 %', numbersOf('masktune', 'published runs of this task do', 'on the biased test', 0)],
      ['84', 'to 84 %', numbersOf('masktune', 'published runs of this task do', 'on the biased test', 1)],
      ['95', '95 % intervals', 95],
      ['95', '95 % interval', 95],
      ['3', 'to a 3 without a square', 3],
      ['8', 'an 8 with one', 8],
      ['3', 'A 3 without it', 3],
      ['8', 'an 8 with it', 8],
      ...[0, 4, 5, 9].map((digit) => [String(digit), digit < 5 ? '0–4' : '5–9', digit] as const),
      ['4', 'square of 4 × 4', 4],
    ],
    finding: [percent(get(trainingAccuracy)), ...worst(erm), get(config.strength), ...worst(tuned), ...worst(control)],
    derived: [get(seconds).maps / get(seconds).forward],
    readme: [
      ...tableClaims('masktune', '## One rule', {
        ERM: row(erm),
        'top 10 %': row(tuned),
        'random masks of equal area': row(control),
      }),
      ...sentenceClaims('masktune', '## One rule (`quick`)', ' with hard masks', [
        get(config.images),
        get(config.testImages),
        get(config.width),
        16,
        get(config.epochs),
        get(config.batch),
        percent(get(config.strength)),
      ]),
      ...masktuneStored(),
    ],
  };
}

/** Numbers of the sentence on seeds whose worst label is another one after the repair. */
function otherWorst(repairs: ModeResult['repairs']): number[] {
  const changed = repairs.flatMap(({ rounds }) => {
    const [before, after] = [get(rounds[0]).labels.map(get), get(rounds.at(-1)).labels.map(get)];
    const worst = (shares: readonly number[]) => shares.indexOf(Math.min(...shares));
    const [was, is] = [worst(before), worst(after)];
    return was === is ? [] : [[was, 100 * get(after[was]), is, 100 * get(after[is])]];
  });
  return [changed.length, repairs.length, ...get(changed[0])];
}

export function mode(): LabFacts {
  const { summaries, repairs } = resultOf<ModeResult>('mode');
  const of = (method: string) => get(summaries.find((summary) => summary.method === method));
  const [dot, random, ofLabel] = [of('dot'), of('random'), of('randomOfLabel')];
  const config = configOf('mode');
  const percent = ({ mean, halfWidth }: { readonly mean: number; readonly halfWidth: number | null }) => [
    100 * mean,
    100 * get(halfWidth),
  ];
  const beyond = get(dot.beyond.random);
  return {
    written: [
      ['5', 'level of 5 %', 5],
      ['9', 'labels 0 to 9', 9],
      ['9', 'label from 0 to 9', 9],
      ['95', '95 %', 95],
    ],
    finding: [
      100 * dot.initial.worst.mean,
      100 * dot.final.worst.mean,
      100 * random.final.worst.mean,
      ...percent(beyond.worst),
      ...percent(beyond.average),
      ...otherWorst(repairs.filter(({ method }) => method === 'dot')),
      summaries.filter((each) => each.beyond.random !== null).length,
    ],
    derived: [0.05 * summaries.length],
    readme: sentenceClaims('mode', '8,000 images, label', 'three rounds', [
      get(config.images),
      get(config.bugLabel),
      get(config.theta),
    ]).concat(
      sentenceClaims('mode', 'three rounds of', 'images, five seeds', [get(config.repairImages)]),
      sentenceClaims('mode', 'The worst label, 20', 'Everything repairs', [
        100 * dot.initial.worst.mean,
        ...percent(dot.final.worst),
        ...percent(ofLabel.final.worst),
        ...percent(random.final.worst),
        ...percent(dot.final.average),
        ...percent(ofLabel.final.average),
        ...percent(random.final.average),
      ]),
      sentenceClaims('mode', 'are worse than they by', 'points', [
        -100 * get(ofLabel.beyond.random).average.mean,
        100 * get(get(ofLabel.beyond.random).average.halfWidth),
      ]),
      modeStored(),
    ),
  };
}
