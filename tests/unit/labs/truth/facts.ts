/** What the labs' texts say in numbers, and where each number comes from. */
import type { AdversarialResult } from '../../../../apps/labs/adversarial/experiment.ts';
import type { ClassifyResult } from '../../../../apps/labs/classify/experiment.ts';
import type { EvaluationReport } from '../../../../apps/labs/classify/report.ts';
import { definition as classify } from '../../../../apps/labs/classify/schema.ts';
import type { DenoiseResult } from '../../../../apps/labs/denoise/experiment.ts';
import type { FailureModesResult } from '../../../../apps/labs/failure-modes/experiment.ts';
import type { FeaturesResult } from '../../../../apps/labs/features/experiment.ts';
import type { RegressionResult } from '../../../../apps/labs/regression/experiment.ts';
import type { SaliencyResult } from '../../../../apps/labs/saliency/experiment.ts';
import type { Mapping, TsneResult } from '../../../../apps/labs/tsne/experiment.ts';
import { AGREEMENT_K } from '../../../../apps/labs/tsne/maps.ts';
import { configOf, get, type LabFacts, mostFrequent, readme, resultOf, sentenceClaims, tableClaims } from './claims.ts';
import { masktune, mode } from './facts-of-repairs.ts';
import { readmeOf, tableAfter } from './readme.ts';
import { recordedRun } from './rendered.ts';
import { denoiseStored, failureModesStored } from './stored.ts';
import { numbersIn } from './written.ts';

function regression(): LabFacts {
  const { none, 'weight decay': decay, dropout, 'early stopping': early } = resultOf<RegressionResult>('regression');
  const [a, b, c, d] = [get(none), get(decay), get(dropout), get(early)];
  const config = configOf('regression');
  return {
    written: [
      ['0.05', 'gradient descent, η = 0.05', 0.05],
      ['0.001', 'compare 0.001 with 0.01', get(config.decay)],
      ['0.01', 'compare 0.001 with 0.01', 0.01],
      ['0.01', 'λ = 0.01', 0.01],
      ['5', 'exercise of week 5', /exercise of week 5/],
    ],
    finding: [a.trainMSE, a.roughness, get(config.decay), b.trainMSE, b.roughness],
    // Its points, as the heading counts them.
    derived: [3 * get(config.units) + 1, (recordedRun('regression').recording.config.points as readonly unknown[]).length],
    readme: [
      ...tableClaims('regression', 'The quick preset stops after 6,000 steps', {
        none: [[a.trainMSE], undefined, [a.roughness], [a.steps]],
        'weight decay': [[b.trainMSE], undefined, [b.roughness], [b.steps]],
        dropout: [[c.trainMSE], undefined, [c.roughness], [c.steps]],
        'early stopping': [[d.trainMSE], [get(d.validationMSE)], [d.roughness], [get(d.bestStep), d.steps]],
      }),
      ...sentenceClaims('regression', 'The quick preset stops after', 'steps', [get(config.steps)]),
    ],
  };
}

function classifyFacts(): LabFacts {
  const { parameters, images, test, epochs, gradients, smallestBatchLoss } = resultOf<ClassifyResult>('classify');
  const last = get(epochs.at(-1));
  const norms = Object.values(gradients);
  const config = configOf('classify');
  const found = (row: string, column: string) => readme('classify', '## Findings', `\`${row}\``, column);
  const floor = Math.log(1 + 9 / Math.E);
  const presets = classify.presets;
  return {
    written: [
      ['10', 'ln 10 = 2.303', test.perClass.length],
      ['2.303', 'ln 10 = 2.303', Math.log(10)],
      ['9', 'e/(e + 9) = 0.232', test.perClass.length - 1],
      ['0.232', 'e/(e + 9) = 0.232', Math.E / (Math.E + 9)],
      ['9', 'log(1 + 9/e)', test.perClass.length - 1],
      ['1.461', 'log(1 + 9/e) = 1.461', floor],
      ['0.929', 'four epochs reach', found('double-softmax', 'test accuracy')],
      ['0.960', 'logits reach', found('logits', 'test accuracy')],
      ['4.8·10⁻¹⁷', 'gradient is', found('deep-without-skips', 'gradient norm, first layer')],
      ['0.86', 'with skips', found('deep', 'gradient norm, first layer')],
      ['300', 'preset over-fitting has 300 training images', get(presets['over-fitting']?.values.images)],
      ['0.761', 'in LAB01', /LAB01/],
      ['75', 'in LAB01 after', get(presets['LAB01 CNN']?.values.epochs)],
      ['0.426', 'on fewer images', found('cifar-skip-mlp', 'test accuracy')],
      ['0.550', 'on fewer images', found('cifar-cnn', 'test accuracy')],
      ['10', 'plain gradient descent to 10', 10],
      ['10', 'η = 10', 10],
      ['5', 'exercise of week 5', /exercise of week 5/],
      ['60,000', 'on all 60,000 images', get(presets.full.values.images) + get(presets.full.values.validationImages)],
      ['2,000', 'of them held out', get(presets.full.values.validationImages)],
      ['20,000', 'one epoch of 20,000 images', classify.schema.images.default],
      ['1', '<1 %', 1],
      ['99', '>99 %', 99],
      ['28', 'Class maps of 28 × 28', get(presets['Imagenette CNN']?.values.ownSide) / 2 ** 3],
      ['64', 'Pictures of 64 pixels', get(presets['Imagenette CNN, small']?.values.ownSide)],
    ],
    finding: [parameters, images.train, 100 * test.accuracy, images.test, last.trainLoss, get(last.validationLoss)],
    derived: [smallestBatchLoss, ...norms, ...confusions()],
    readme: sentenceClaims('classify', '`quick` trains', 'loss of 0.342', [
      get(config.filters),
      get(config.images),
      1,
      test.accuracy,
      get(config.testImages),
    ]).concat(sentenceClaims('classify', 'at a loss of', '. `--preset', [test.loss])),
  };
}

function confusions(): number[] {
  const { labels, predictions } = recordedRun('classify').store.data.get('evaluation') as EvaluationReport;
  const { classes, counts } = mostFrequent([...labels].map((label, i) => [label, get(predictions[i])] as const));
  return [...classes, ...counts];
}

/** The classes that are most often among each other's nearest, and how many of these the run tells. */
function mixed(): number[] {
  const { data } = recordedRun('tsne').store;
  const { labels } = data.get('labels') as Mapping['data']['labels'];
  const { k, indices } = data.get('neighbours') as Mapping['data']['neighbours'];
  return [
    k,
    ...mostFrequent([...indices].map((near, at) => [get(labels[Math.floor(at / k)]), get(labels[near])] as const)).classes,
  ];
}

function tsneFacts(): LabFacts {
  const { points, inputAgreement, maps } = resultOf<TsneResult>('tsne');
  const map = get(maps[0]);
  return {
    written: [
      ['784', 'From 784 numbers to two', 28 * 28],
      ['28', '28 × 28 pixels', Math.sqrt(784)],
      ['28', 'pixels is a point', Math.sqrt(784)],
      ['784', 'a point with 784 coordinates', 28 * 28],
      ['5', 'exercise of week 5', /exercise of week 5/],
      ['1000', 'to 1000 and more', 1000],
      ['5', 'Lower it to 5', 5],
      ['10', 'the vote of 10 neighbours', AGREEMENT_K],
      ['10', '10-NN: share', AGREEMENT_K],
      ['10', 'whose 10 nearest', AGREEMENT_K],
      ['10', 'of the 10 nearest', AGREEMENT_K],
      ['10', 'among the 10 nearest', AGREEMENT_K],
      ['30', 'onto 30 principal components', configOf('tsne').components as number],
    ],
    finding: [100 * map.agreement, 100 * inputAgreement, points, map.KL],
    derived: mixed(),
    readme: sentenceClaims('tsne', '`quick` (', ' `full` takes', [
      points,
      1,
      map.KL,
      map.agreement,
      inputAgreement,
      5,
      map.trustworthiness,
    ]),
  };
}

function failureModes(): LabFacts {
  const result = resultOf<FailureModesResult>('failure-modes');
  const config = configOf('failure-modes');
  const { cells, lastLoss, explained } = result;
  const row = (network: 'clean' | 'tainted', test: 'clean' | 'tainted') => {
    const of = cells[`${network} network, ${test} test`];
    const [dot, grid] = [config.dotClass, config.gridClass].map((label) =>
      get(explained[`${network} network, ${test} test`].find((each) => each.label === label)),
    );
    const per = (label: number | undefined) => get(of.perClass[get(label)]);
    return [
      undefined,
      [of.accuracy],
      [per(config.dotClass)],
      [per(config.gridClass)],
      [get(dot).dotShare, get(dot).dotRank],
      [get(grid).topShare],
    ];
  };
  const table = tableAfter(readmeOf('failure-modes'), 'The quick preset trains');
  return {
    written: [
      ['0.968', 'the dot everywhere', readme('failure-modes', 'The bonus sets', 'the dot everywhere', 'own test')],
      ['0.940', 'one with the grid everywhere', readme('failure-modes', 'The bonus sets', 'the grid everywhere', 'own test')],
      ['2', 'over seeds 1 and 2', 2],
      ['7', 'exercise 7', /DL@MBL/],
      ['784', 'of 784 pixels', 28 * 28],
      ['98', 'adds up to 98 %', /Captum/],
      ['784', 'among the 784 pixels', 28 * 28],
      ['5', 'Strongest 5 %', 5],
      ['5', 'strongest 5 % of the pixels', 5],
      ['7', 'Draw a 7', 7],
    ],
    finding: [100 * get(cells['tainted network, clean test'].perClass[get(config.gridClass)])],
    derived: [(100 * lastLoss.tainted) / lastLoss.clean],
    readme: [
      ...(['clean', 'tainted'] as const).flatMap((network) =>
        (['clean', 'tainted'] as const).flatMap((test) => {
          const at = table.findIndex((cells) => cells.get('network') === network && cells.get('test') === test);
          const values = row(network, test).slice(1) as number[][];
          const texts = [...(table[at]?.values() ?? [])].slice(2);
          return values.flatMap((cell, i) =>
            cell.map((value, n) => ({
              where: `failure-modes: ${network} network, ${test} test, column ${i + 3}`,
              text: numbersIn(texts[i] ?? '')[n]?.text,
              value,
            })),
          );
        }),
      ),
      ...sentenceClaims('failure-modes', 'The quick preset trains', '```', [get(config.images), get(config.testImages)]),
      ...failureModesStored(),
    ],
  };
}

function denoise(): LabFacts {
  const { trainings, baselines } = resultOf<DenoiseResult>('denoise');
  const [digits, sequence, mixed] = [get(trainings.MNIST), get(trainings['both in sequence']), get(trainings['both shuffled'])];
  const config = configOf('denoise');
  const row = (of: typeof digits) => [
    [of.trainLoss],
    [of.mnistMSE, of.mnistStandardError],
    [of.fashionMSE, of.fashionStandardError],
  ];
  return {
    written: [
      ['7', 'through a 7×7 map', 28 / 2 ** (get(config.depth) - 1)],
      ['7', 'exercise 7', /DL@MBL/],
      ['5', 'part 5', /DL@MBL/],
      ...[28, 14, 7].map((side) => [String(side), `${side}×${side}`, side] as const),
    ],
    finding: [
      digits.fashionMSE / mixed.fashionMSE,
      digits.fashionMSE,
      digits.fashionStandardError,
      mixed.fashionMSE,
      mixed.fashionStandardError,
    ],
    readme: [
      ...denoiseStored(),
      ...tableClaims('denoise', 'The quick preset is the size', {
        'MNIST only': row(digits),
        'MNIST, then Fashion-MNIST': row(sequence),
        'both, shuffled': row(mixed),
        'predict the mean': [undefined, [baselines.mnist.zero], [baselines.fashion.zero]],
        'best a·x̃ + b per pixel': [undefined, [baselines.mnist.linear], [baselines.fashion.linear]],
      }),
      ...sentenceClaims('denoise', 'in about half a minute:', 'images of each set, in a terminal', [
        get(config.maps),
        get(config.images),
        get(config.batch),
        get(config.rate),
        get(config.testImages),
      ]),
    ],
  };
}

function saliency(): LabFacts {
  const { background, identity, methods } = resultOf<SaliencyResult>('saliency');
  const { area, networks } = get(background);
  const [own, without] = [get(networks.with), get(networks.without)];
  const percent = (share: number) => 100 * share;
  return {
    written: [
      ['95', '95 % interval', 95],
      // Measured by a command, not by the run on the page; the sentence says so.
      ['11.1', 'the logit falls', readme('saliency', '| picture ', 'as it is', 'logit of parachute')],
      [
        '9.4',
        'the logit falls',
        readme('saliency', '| picture ', 'the jumper painted over (1.1 % of the area)', 'logit of parachute'),
      ],
      [
        '9.7',
        'the whole canopy',
        readme('saliency', '| picture ', 'the canopy painted over with what is beside it', 'logit of parachute'),
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

function features(): LabFacts {
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

function adversarial(): LabFacts {
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

/** The facts of each lab. */
export const facts: Readonly<Record<string, () => LabFacts>> = {
  regression,
  classify: classifyFacts,
  tsne: tsneFacts,
  'failure-modes': failureModes,
  denoise,
  saliency,
  features,
  adversarial,
  masktune,
  mode,
};
