/**
 * The bench of explanations in a terminal: `node apps/cli/run.mjs exec apps/labs/saliency/bench.ts [options]`.
 *
 *   --images N     pairs of test images (200)
 *   --seeds LIST   1,2,3
 *   --network K    pooled (default: every method is defined) or dense (that of failure-modes)
 *   --train N      training images (4000), --epochs N (6)
 *   --cue K        dot (default) or grid
 *   --device D     wasm (default), webgpu, cpu, auto
 *   --json FILE    writes everything
 *
 * Prints Markdown: every row and column with its interval over images, then the ordering over the seeds. Needs `npm run data -- --set mnist`.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { take } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { type BenchResult, explanationBench } from '../../../engine/explain/bench/index.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { formatPercent } from '../../components/shared/format.ts';
import { openEngine } from '../../runtime/engine-device.ts';
import type { DevicePreference } from '../../runtime/experiment.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import { accuracyOf, type BenchNetworks, BLACK, CUES, cuePairs, trainedOn } from './bench-networks.ts';
import { orderingOf, tableOf } from './bench-report.ts';
import { type CueName, type Training, trainings } from './trainings.ts';

const OPTIONS = {
  images: { type: 'string', default: '200' },
  seeds: { type: 'string', default: '1,2,3' },
  network: { type: 'string', default: 'pooled' },
  train: { type: 'string', default: '4000' },
  epochs: { type: 'string', default: '6' },
  cue: { type: 'string', default: 'dot' },
  device: { type: 'string', default: 'wasm' },
  json: { type: 'string' },
} as const;

/** Five digits are more than the intervals leave. */
const rounded = (_key: string, value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(5)) : value);

async function end<T>(work: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const { done, value } = await work.next();
    if (done) return value;
  }
}

/** @returns 2 for wrong arguments */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { network: kind, device } = values;
  const name = (Object.keys(CUES) as CueName[]).find((known) => known === values.cue);
  const counts = { images: values.images, train: values.train, epochs: values.epochs };
  const numbers = Object.fromEntries(Object.entries(counts).map(([name, text]) => [name, Number(text)])) as Record<
    keyof typeof counts,
    number
  >;
  const wrong = Object.entries(numbers).find(([, value]) => !Number.isInteger(value) || value < 1);
  const seeds = values.seeds.split(',').map(Number);
  if (wrong || !name || seeds.some((seed) => !Number.isInteger(seed)) || (kind !== 'pooled' && kind !== 'dense')) {
    console.error(
      wrong
        ? `--${wrong[0]} must be a whole number of at least 1`
        : '--seeds: 1,2,3; --network: pooled or dense; --cue: dot or grid',
    );
    return 2;
  }
  const { data } = nodeEnvironment();
  const { name: adapter, kind: opened } = (await openEngine(device as DevicePreference)).info;
  const train = take(await loadDataset('mnist', { source: data, split: 'train', count: numbers.train }), numbers.train);
  const test = await loadDataset('mnist', { source: data, split: 'test' });
  const cue = CUES[name];
  const results: BenchResult[] = [];
  for (const seed of seeds) {
    const settings: BenchNetworks = { kind, epochs: numbers.epochs, seed };
    const [began, trained] = [process.cpuUsage(), {} as Record<Training, Network>];
    for (const training of trainings) {
      trained[training] = await end(trainedOn(train, cue, training, settings));
    }
    const { tainted, clean, indifferent } = trained;
    const pairs = await cuePairs(test, cue, numbers.images);
    const result = await end(explanationBench(tainted, pairs, { beside: { clean, indifferent }, seed, black: BLACK }));
    const { user, system } = process.cpuUsage(began);
    const seconds = (user + system) / 1e6;
    results.push(result);
    console.log(
      `\n## Seed ${seed}: ${result.images} pairs, ${kind} network, ${opened} (${adapter}), ${seconds.toFixed(0)} s of processor time\n`,
    );
    const right: string[] = [];
    for (const name of trainings) right.push(`${name} ${formatPercent(await accuracyOf(trained[name], test))}`);
    console.log(`Right on the first 1,000 test images as they are: ${right.join(', ')}.\n`);
    console.log(tableOf(result));
    for (const made of [...Object.values(trained), pairs.x, pairs.without, pairs.mask]) made.dispose();
  }
  if (results.length > 1) console.log(`\n## Over ${results.length} seeds\n\n${orderingOf(results)}`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ options: values, results }, rounded)}\n`);
  return 0;
}
