/**
 * Prints the lab's numbers as Markdown: `node apps/cli/run.mjs exec apps/labs/tsne/measure.ts [count]`.
 * The README holds what it printed; on a software adapter
 * processor time is what the kernels cost, whatever else the machine does. Needs `npm run data -- --set mnist`.
 */
import { runInNode } from '../../runtime/node.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { experiment } from './experiment.ts';
import type { schema } from './schema.ts';

type Config = ConfigOf<typeof schema>;

/** The network of the reference numbers: 97 % on the test set. */
const network = { trainCount: 60000, epochs: 3, epoch: 3 } as const;

const settings: readonly (readonly [name: string, config: Partial<Config>])[] = [
  ['pixels, scikit-learn, seed 1', {}],
  ['pixels, scikit-learn, seed 2', { seed: 2 }],
  ['pixels, scikit-learn, start from principal components', { init: 'pca' }],
  ['pixels, 2008 paper (30 principal components first)', { schedule: 'paper' }],
  ['pixels, 2008 paper without the components', { schedule: 'paper', components: 0 }],
  ['MLP 784-128-10, hidden layer', { layer: 'hidden', ...network }],
  ['MLP 784-128-10, logits', { layer: 'logits', ...network }],
  ['MLP 784-128-10, softmax outputs', { layer: 'softmax', ...network }],
];

/** @param args number of points (default 1500), then words that names must contain */
export async function main(args: readonly string[]): Promise<void> {
  const count = Number(args[0] ?? 1500);
  const wanted = settings.filter(([name]) => args.slice(1).every((word) => name.includes(word)));
  const rows: string[] = [];
  for (const [name, config] of wanted) {
    const before = process.cpuUsage();
    const { result, device, runner } = await runInNode(experiment, {
      environment: nodeEnvironment(),
      preset: 'quick',
      config: { count, ...config },
    });
    await runner.stop();
    const { user, system } = process.cpuUsage(before);
    if (!result) throw new Error(`'${name}' ended without a result`);
    if (rows.length === 0) {
      console.log(`First ${result.points} test images, perplexity 30, ${device.name}${device.software ? ' (no GPU)' : ''}\n`);
      console.log('| embedded | KL | 10-NN, input | 10-NN, map | T(5) | iterations | network right | CPU seconds |');
      console.log('|---|---|---|---|---|---|---|---|');
    }
    const [map] = result.maps;
    const accuracy = result.accuracy === null ? '' : result.accuracy.toFixed(3);
    const numbers = [map?.KL, result.inputAgreement, map?.agreement].map((value) => value?.toFixed(3));
    rows.push(name);
    const rest = [map?.trustworthiness.toFixed(4), result.iterations, accuracy, ((user + system) / 1e6).toFixed(0)];
    console.log(`| ${[name, ...numbers, ...rest].join(' | ')} |`);
  }
}
