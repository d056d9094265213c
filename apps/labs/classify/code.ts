/** The run as a file that repeats it with the engine alone, without the lab. */
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import type { Change } from '../../runtime/runner.ts';
import type { Config } from './networks.ts';
import { optimiserOf, scheduleOf } from './optimiser.ts';

const json = (value: unknown): string => JSON.stringify(value, undefined, 2);

/** A list of layers, one a line. */
const layersText = (definition: NetworkDefinition): string =>
  `[\n${definition.map((layer) => `  ${JSON.stringify(layer)},`).join('\n')}\n]`;

/**
 * TypeScript for Node that trains this network on this data and prints the same losses.
 * @param inputShape [height, width, channels]
 * @param changes of the learning rate while the run went on
 */
export function runnableCode(
  config: Config,
  definition: NetworkDefinition,
  inputShape: readonly number[],
  changes: readonly Change[] = [],
): string {
  const moved = changes.filter(({ values }) => 'rate' in values).map(({ step, values }) => [step, values.rate]);
  const { dataset, images, validationImages, testImages, seed, batch, epochs, normalise } = config;
  const split =
    validationImages === 0
      ? `const train = shuffle(all, uniformFrom(new Generator(seed, 'split')));`
      : `const held = Math.min(${validationImages}, Math.floor((all.count * ${validationImages}) / ${images + validationImages}));
const { train, validation } = splitDataset(all, held, uniformFrom(new Generator(seed, 'split')));`;
  return `/**
 * Trains a classifier with Chalkgrad's engine. Save this file in the root of a Chalkgrad checkout and run it with
 * \`node apps/cli/run.mjs exec FILE\`; \`npm run data\` must have prepared the pictures.
 */
import { ${validationImages === 0 ? 'shuffle' : 'splitDataset'}, take } from './engine/data/dataset.ts';
import { loadDataset } from './engine/data/load.ts';
import { folderSource } from './engine/data/source-node.ts';
import { uniformFrom } from './engine/data/uniform.ts';
import { Generator, init } from './engine/index.ts';
import { buildNetwork } from './engine/nn/network.ts';
import { imageData } from './engine/train/data.ts';
import { Trainer } from './engine/train/trainer.ts';

const seed = ${seed};
const device = await init({ device: 'auto' });
console.log(device.info.name);

const source = folderSource('data/packs');
const all = await loadDataset('${dataset}', { source, split: 'train', count: ${images + validationImages} });
const test = await loadDataset('${dataset}', { source, split: 'test', count: ${testImages} });
${split}
const normalisation = ${normalise ? '{ mean: train.mean, std: train.std }' : 'null'};

const network = buildNetwork(${layersText(definition)}, { inputShape: ${JSON.stringify(inputShape)}, rng: seed, dropoutSeed: seed });
console.log(network.parameterCount, 'parameters');

const trainer = new Trainer({
  network,
  data: imageData(take(train, ${images}), { normalisation }),
${validationImages === 0 ? '' : '  validation: imageData(validation, { normalisation }),\n'}  loss: 'crossEntropy',
  optimiser: ${json(optimiserOf(config)).replaceAll('\n', '\n  ')},
  schedule: ${JSON.stringify(scheduleOf(config))},
  batchSize: ${batch},
  epochs: ${epochs},
  seed,
});
${moved.length > 0 ? `/** Learning rates that the reader chose after these steps. */\nconst rates = new Map<number, number>(${JSON.stringify(moved)});\ntrainer.lr = rates.get(0) ?? trainer.lr;\n` : ''}for await (const event of trainer.run()) {
${moved.length > 0 ? "  if (event.type === 'step') trainer.lr = rates.get(event.step) ?? trainer.lr;\n" : ''}  if (event.type === 'step') console.log('step', event.step, event.loss);
  if (event.type === 'epoch') console.log('epoch', event.epoch, 'validation', event.validation?.accuracy, event.validation?.loss);
}
const { accuracy, loss } = await trainer.evaluate(imageData(test, { normalisation }));
console.log('test', accuracy, loss);
trainer.dispose();
network.dispose();
`;
}
