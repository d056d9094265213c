/** The maps as a file that makes them again with the engine alone. */
import type { ConfigOf } from '../../runtime/schema.ts';
import type { PanelSpec } from './panel.ts';
import { type Layer, layers, type schema } from './schema.ts';

type Config = ConfigOf<typeof schema>;

/** The network that the lab trains, and what its layers make of the images. */
function networkCode({ dataset, trainCount, epochs, seed, epoch }: Config): string {
  return `
/** The network: one hidden layer of 128, kept as it is after epoch ${Math.min(epoch, epochs)}. */
const train = await loadDataset('${dataset}', { source, split: 'train', count: ${trainCount} });
const inputShape = [train.height, train.width, train.channels];
const normalisation = { mean: train.mean, std: train.std };
const definition = mlp([train.height * train.width * train.channels, 128, train.classNames.length]);
const network = buildNetwork(definition, { inputShape, rng: ${seed} });
const trainer = new Trainer({
  network,
  data: imageData(train, { normalisation }),
  loss: 'crossEntropy',
  optimiser: { type: 'adam', lr: 1e-3 },
  batchSize: 64,
  epochs: ${epochs},
  evalEvery: 'never',
  seed: ${seed},
});
for await (const _ of trainer.run({ steps: ${Math.min(epoch, epochs)} * trainer.plan.stepsPerEpoch }));
/** [N, D] */
const layer = async (path: string) => (await outputs(network, imageData(set, { normalisation }), { layer: path })).values;
`;
}

/** Where the layers that the lab names are in the network of one hidden layer: flatten, linear, ReLU, linear. */
function pointsCode(layer: Layer, path: string): string {
  if (layer === 'pixels') return 'Float32Array.from(set.images, (byte) => byte / 255)';
  if (layer === 'softmax') return "softmaxRows(await layer('3'), train.classNames.length)";
  const at = layer === 'logits' ? '3' : layer === 'other' ? path : '2';
  return `await layer(${JSON.stringify(at)})`;
}

/** TypeScript for Node that prints the divergence and the vote of ten neighbours of each map. */
export function runnableCode(config: Config, panels: readonly PanelSpec[]): string {
  const { dataset, count, layer, path, schedule, exaggeration, exaggerated, components, iterations, rate, init, every } = config;
  const own =
    schedule === 'scikit-learn'
      ? ''
      : schedule === 'paper'
        ? `, components: ${components}`
        : `, exaggeration: ${exaggeration}, exaggerated: ${exaggerated}, momentumSwitch: ${exaggerated}, components: ${components}`;
  const base = schedule === 'paper' ? 'tsneSchedules.paper' : "tsneSchedules['scikit-learn']";
  const spaces = layers.filter((name) => panels.some((panel) => (panel.layer ?? layer) === name));
  const embedded = spaces.some((name) => name !== 'pixels');
  const maps = panels.map((panel) => ({ space: panel.layer ?? layer, perplexity: panel.perplexity, seed: panel.seed }));
  return `/**
 * t-SNE of test images, written with Chalkgrad's engine. Save this file in the root of a Chalkgrad checkout and run it with
 * \`node apps/cli/run.mjs exec FILE\`; \`npm run data\` must have prepared the images.
 */
import { loadDataset } from './engine/data/load.ts';
import { folderSource } from './engine/data/source-node.ts';
import { nearestNeighbours, neighbourAgreement } from './engine/explain/neighbours.ts';
import { Tsne, TsneConvergence, tsneSchedules } from './engine/explain/tsne.ts';
import { init } from './engine/index.ts';
${
  embedded
    ? `import { mlp } from './engine/nn/architectures.ts';
import { buildNetwork } from './engine/nn/network.ts';
import { imageData } from './engine/train/data.ts';
import { outputs } from './engine/train/evaluate.ts';
${spaces.includes('softmax') ? "import { softmaxRows } from './engine/train/metrics.ts';\n" : ''}import { Trainer } from './engine/train/trainer.ts';
`
    : ''
}
const device = await init({ device: 'auto' });
console.log(device.info.name);
const source = folderSource('data/packs');
const set = await loadDataset('${dataset}', { source, split: 'test', count: ${count} });
${embedded ? networkCode(config) : ''}const points = {
${spaces.map((name) => `  ${name}: ${pointsCode(name, path)},\n`).join('')}};
const schedule = { ...${base}, iterations: ${iterations}${own}${rate > 0 ? `, learningRate: () => ${rate}` : ''} };

const maps = [];
for (const of of ${JSON.stringify(maps)} as const) {
  const map = await Tsne.create(points[of.space], set.count, { perplexity: of.perplexity, seed: of.seed, init: '${init}', schedule });
  maps.push({ of, map, convergence: new TsneConvergence() });
}
/** All maps move together, ${every} iterations at a time, and stop together. */
for (let at = 0; at < schedule.iterations; ) {
  const to = Math.min(at + ${every} - (at % ${every}), at + 50 - (at % 50), schedule.iterations);
  for (const { map, convergence } of maps) {
    map.step(to - at);
    if (at < schedule.exaggerated && to >= schedule.exaggerated) convergence.restart(to);
  }
  at = to;
  if (at % 50 > 0) continue;
  const reasons = [];
  for (const { map, convergence } of maps) reasons.push(convergence.check(at, await map.evaluate()));
  if (${config.stopEarly} && at > schedule.exaggerated && reasons.every((reason) => reason !== undefined)) break;
}
for (const { of, map } of maps) {
  const { divergence } = await map.evaluate();
  const near = await nearestNeighbours(await map.positions(), set.count, 10);
  const agreement = neighbourAgreement(near, set.labels, 10);
  console.log(JSON.stringify({ ...of, iterations: map.iteration, KL: divergence, agreement }));
  map.dispose();
}
`;
}
