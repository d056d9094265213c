/**
 * Measures what the lab claims and prints it as the table of its README:
 * `node apps/cli/run.mjs exec apps/labs/classify/findings.ts [--legs FOLDER [--minutes N]] [NAME…]` (all, or the named ones; each is one
 * training). With a folder what is reached is kept there, and the same command goes on, as with `npm run lab`.
 * The recipes are those of the presets with the reductions that two processor cores allow, named beside each number.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main as lab } from '../../cli/lab.ts';
import type { LabReport } from '../../cli/lab-report.ts';
import type { Parameter } from '../../runtime/schema.ts';
import { writeValue } from '../../runtime/values.ts';
import type { ClassifyResult } from './experiment.ts';
import type { Config } from './networks.ts';
import { schema } from './schema.ts';

interface Finding {
  readonly name: string;
  /** What differs from the source. */
  readonly recipe: string;
  readonly preset: string;
  readonly config: Partial<Config>;
}

/** The mirror has 8,000 labelled training images of CIFAR-10. */
const cifar: Partial<Config> = {
  images: 7500,
  validationImages: 500,
  testImages: 2000,
  dataset: 'cifar-10',
  batch: 32,
  epochs: 12,
  evaluations: 1,
};
const deep: Partial<Config> = { images: 640, validationImages: 100, testImages: 100, epochs: 1, evaluations: 1 };

const findings: readonly Finding[] = [
  { name: 'deep', recipe: 'residual MLP of 20 blocks, 10 steps', preset: 'deep without skips', config: { ...deep, skips: true } },
  { name: 'deep-without-skips', recipe: 'the same without skips', preset: 'deep without skips', config: deep },
  {
    name: 'over-fitting',
    recipe: 'MLP, 300 images, 100 epochs',
    preset: 'over-fitting',
    config: { validationImages: 500, testImages: 500 },
  },
  { name: 'mlp', recipe: 'LAB01 1.1: 42,000 images, 50 epochs', preset: 'LAB01 MLP', config: {} },
  { name: 'skip-mlp', recipe: 'LAB01 1.2: 42,000 images, 20 of 50 epochs', preset: 'LAB01 residual MLP', config: { epochs: 20 } },
  {
    name: 'epoch',
    recipe: 'one epoch of 20,000 images, whole network, whole test set',
    preset: 'one epoch',
    config: { evaluations: 1 },
  },
  {
    name: 'cifar-cnn',
    recipe: 'LAB01 1.3: 7,500 images, 16 of 64 filters, 12 epochs, batches of 32, no dropout',
    preset: 'LAB01 CNN',
    config: { ...cifar, filters: 16, dropout: 'off' },
  },
  {
    name: 'cifar-skip-mlp',
    recipe: 'LAB01 1.2 on the same 7,500 images, 12 epochs, batches of 32',
    preset: 'LAB01 residual MLP',
    config: { ...cifar, rate: 1e-3 },
  },
  {
    name: 'double-softmax',
    recipe: 'ITU: 58,000 images, 16 of 32 filters, 4 epochs',
    preset: 'double softmax',
    config: { filters: 16 },
  },
  {
    name: 'logits',
    recipe: 'the same without the extra softmax, 3 epochs',
    preset: 'double softmax',
    config: { filters: 16, softmaxFirst: false, epochs: 3 },
  },
];

const fixed = (value: number | null | undefined, digits = 3): string => (value == null ? '–' : value.toFixed(digits));

function line({ name, recipe }: Finding, result: ClassifyResult, seconds: number): string {
  const { test, epochs, smallestBatchLoss, gradients } = result;
  const losses = epochs.flatMap(({ validationLoss }) => (validationLoss === null ? [] : [validationLoss]));
  const best = losses.indexOf(Math.min(...losses));
  const first = Object.values(gradients)[0];
  const cells = [
    `\`${name}\``,
    recipe,
    fixed(test.accuracy),
    fixed(epochs.at(-1)?.trainLoss),
    `${fixed(losses[best])} (epoch ${best + 1})`,
    fixed(losses.at(-1)),
    fixed(smallestBatchLoss),
    first === undefined ? '–' : first.toExponential(1),
    `${Math.round(seconds)} s`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The arguments of `npm run lab` for a finding. */
function argumentsOf({ preset, config }: Finding): string[] {
  const parameters: Readonly<Record<string, Parameter>> = schema;
  const settings = Object.entries(config).map(([key, value]) => `${key}=${writeValue(parameters[key] as Parameter, value)}`);
  return ['classify', '--preset', preset, ...settings];
}

/** @returns 0 where all are measured; 1 where a run failed, 2 for wrong arguments, 3 where the leg is over */
export async function main(args: readonly string[]): Promise<number> {
  const options = { legs: { type: 'string' }, minutes: { type: 'string', default: '110' } } as const;
  const { values, positionals: names } = parseArgs({ args: [...args], options, allowPositionals: true });
  const unknown = names.filter((name) => !findings.some((finding) => finding.name === name));
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(', ')}; there are ${findings.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const folder = values.legs ?? mkdtempSync(join(tmpdir(), 'findings-'));
  const until = performance.now() + 60_000 * (values.legs === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes));
  const lines: string[] = [];
  for (const finding of findings.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const place = join(folder, finding.name);
    // At least a moment: a run that is finished is only read.
    const minutes = String(Math.max(1e-9, (until - performance.now()) / 60_000));
    const code = await lab([...argumentsOf(finding), '--legs', place, '--minutes', minutes]);
    if (code !== 0) return code;
    const { result, seconds } = JSON.parse(readFileSync(join(place, 'result.json'), 'utf8')) as LabReport;
    lines.push(line(finding, result as ClassifyResult, seconds));
  }
  const columns = [
    'run',
    'recipe',
    'test accuracy',
    'train loss, last epoch',
    'best validation loss',
    'last validation loss',
    'smallest batch loss',
    'gradient norm, first layer',
    'time',
  ];
  console.log(`| ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length)}\n${lines.join('\n')}`);
  return 0;
}
