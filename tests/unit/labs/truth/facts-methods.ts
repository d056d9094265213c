/** The facts of the labs that look into networks and mend them. */
import type { AdversarialResult } from '../../../../apps/labs/adversarial/experiment.ts';
import type { FeaturesResult } from '../../../../apps/labs/features/experiment.ts';
import type { MaskTuneResult } from '../../../../apps/labs/masktune/experiment.ts';
import type { ModeResult } from '../../../../apps/labs/mode/experiment.ts';
import type { SaliencyResult } from '../../../../apps/labs/saliency/experiment.ts';
import { configOf, get, type LabFacts, readme, resultOf, sentenceClaims, tableClaims } from './claims.ts';
import { numbersBetween, readmeOf } from './readme.ts';
import { valueOfText } from './written.ts';

export function saliency(): LabFacts {
  const { background, identity, methods } = resultOf<SaliencyResult>('saliency');
  const { area, networks } = get(background);
  const [own, without] = [get(networks.with), get(networks.without)];
  const percent = (share: number) => 100 * share;
  return {
    written: [
      ['95', '95 % interval', 95],
      // Measured by a command, not by the run on the page; the sentence says so.
      ['11.1', 'its logit falls', readme('saliency', '### The parachute', 'as it is', 'logit of parachute')],
      ['10.7', 'its logit falls', readme('saliency', '### The parachute', 'the canopy grey', 'logit of parachute')],
      [
        '7.6',
        'but the canopy grey',
        readme('saliency', '### The parachute', 'everything but the canopy grey', 'logit of parachute'),
      ],
    ],
    finding: [own.accuracy, own.share, area, without.share, own.flips, without.flips].map(percent),
    derived: methods.map(({ similarity }) => similarity),
    readme: [
      ...tableClaims('saliency', '## Right for the wrong reason', {
        '1': [
          [own.accuracy, without.accuracy].map(percent),
          [own.share, without.share].map(percent),
          [percent(area)],
          [own.excess],
          [percent(own.share - without.share)],
          [own.flips, without.flips].map(percent),
        ],
      }),
      ...sentenceClaims('saliency', 'they differ by', 'at most over all pictures', [get(identity).error]),
    ],
  };
}

export function features(): LabFacts {
  const { ways } = get(resultOf<FeaturesResult>('features').visualisation);
  const of = (name: string) => get(ways.find(({ way }) => way === name));
  const [free, set] = [of('free pixels'), of('as set')];
  const row = (name: string) => {
    const { still, transformed, highFrequencies } = of(name);
    return [[still], [transformed], [highFrequencies]];
  };
  const percent = (share: number) => 100 * share;
  return {
    written: [
      ['3', '3 × 3 pixels', 3],
      ['−1', 'weight to −1', -1],
      ['−1', 'A weight of −1', -1],
      ['16', 'mean over 16 transformations', 16],
    ],
    finding: [free.transformed, free.still, set.transformed, set.still],
    derived: ways.flatMap(({ still, transformed, highFrequencies }) => [percent(transformed / still), percent(highFrequencies)]),
    readme: [
      ...tableClaims('features', '## Free pixels against', {
        'free pixels': row('free pixels'),
        'pixels, penalties': row('pixels, penalties'),
        'pixels, transformations': row('pixels, transformations'),
        'Fourier basis, transformations': row('as set'),
      }),
      ...sentenceClaims('features', 'Channel 27 of layer', 'printed by', [
        27,
        31,
        get(configOf('features').size),
        get(configOf('features').steps),
        get(configOf('features').rate),
      ]),
    ],
  };
}

export function adversarial(): LabFacts {
  const { outcome, curves, transfer, testImages } = resultOf<AdversarialResult>('adversarial');
  const config = configOf('adversarial');
  const at = (curve: typeof curves.pgd, epsilon: number) => get(curve.find((point) => Math.abs(point.epsilon - epsilon) < 1e-6));
  const row = (curve: typeof curves.pgd) => curve.map(({ accuracy }) => [accuracy]);
  const sure = (curve: typeof curves.pgd) => curve.slice(2).map(({ errorConfidence }) => get(errorConfidence));
  const percent = (share: number) => 100 * share;
  return {
    written: [
      ['255', '255 grey levels', 255],
      ['784', 'with 784 pixels', 28 * 28],
      ['2', '‖δ‖ 2', 2],
      ['8', 'Make it an 8', 8],
      ['3', 'Penalised, towards 3', 3],
      ['89.3', 'on MNIST 89.3 %', /Madry et al\. 2018/],
      ['100', 'a PGD of 100 steps', /Madry et al\. 2018/],
      ['0.3', 'of ε = 0.3', /Madry et al\. 2018/],
      ['45.8', 'on CIFAR-10 45.8 %', /Madry et al\. 2018/],
      ['8', 'ε = 8/255', /Madry et al\. 2018/],
      ['255', '8/255', /Madry et al\. 2018/],
      ['6.4', 'without it 6.4 %', /Madry et al\. 2018/],
      ['8', 'make it an 8', 8],
    ],
    finding: [
      255 * outcome.largest,
      255,
      outcome.before.predicted,
      outcome.after.predicted,
      percent(outcome.after.confidence),
      outcome.noise.predicted,
      testImages,
      percent(at(curves.pgd, 0).accuracy),
      percent(at(curves.pgd, transfer.epsilon).accuracy),
      transfer.epsilon,
      percent(at(curves.noise, transfer.epsilon).accuracy),
    ],
    readme: [
      ...tableClaims('adversarial', 'The quick preset (', {
        'random signs': row(curves.noise),
        FGSM: row(curves.fgsm),
        PGD: row(curves.pgd),
      }),
      ...sentenceClaims('adversarial', 'The quick preset (', 'on the CPU device', [
        get(config.images),
        testImages,
        get(config.curveSteps),
        1,
      ]),
      ...sentenceClaims('adversarial', 'Wrong answers are given with a mean', 'Test image 0', [
        Math.min(...sure(curves.fgsm)),
        Math.max(...sure(curves.fgsm)),
        0.1,
        Math.min(...sure(curves.pgd)),
        Math.max(...sure(curves.pgd)),
      ]),
      ...sentenceClaims('adversarial', 'Test image 0', '. This network has seen', [
        get(outcome.index),
        outcome.label,
        outcome.after.predicted,
        outcome.after.confidence,
        get(config.epsilon),
        outcome.noise.predicted,
        outcome.noise.confidence,
        transfer.epsilon,
        transfer.pgd,
        transfer.noise,
        transfer.own,
      ]),
    ],
  };
}

export function masktune(): LabFacts {
  const { models, trainingAccuracy } = resultOf<MaskTuneResult>('masktune');
  const [erm, tuned, control] = models;
  const row = (model: typeof erm) => {
    const { raw, biased, groups } = get(model);
    return [[raw.accuracy], [biased.accuracy], [groups.worst]];
  };
  const config = configOf('masktune');
  const percent = (share: number) => 100 * share;
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
    finding: [
      percent(get(trainingAccuracy)),
      percent(get(erm).groups.worst),
      get(config.strength),
      percent(get(tuned).groups.worst),
      percent(get(control).groups.worst),
    ],
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
    ],
  };
}

const numbersOf = (lab: string, begin: string, end: string, n: number): number =>
  valueOfText(get(numbersBetween(readmeOf(lab), begin, end)[n])).value;

export function mode(): LabFacts {
  const { summaries } = resultOf<ModeResult>('mode');
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
    ),
  };
}
