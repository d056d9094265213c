/** Both trainings as a file that repeats them with the engine alone: the same images, weights and losses, and the four accuracies. */
import type { Change } from '../../runtime/runner.ts';
import type { Config } from './data.ts';
import { NORMALISATION } from './normalisation.ts';

/** The engine's function for the second data set, and what it is given. */
function corruptionOf(config: Config): { readonly name: string; readonly call: (share: string, random: string) => string } {
  const { dotClass, dotRow, dotColumn, dotSize, dotValue, gridClass, amplitude, stride, taintedSet } = config;
  const size = Math.min(dotSize, 28 - Math.max(dotRow, dotColumn));
  const dot = `label: ${dotClass}, row: ${dotRow}, col: ${dotColumn}, size: ${size}, value: ${dotValue}`;
  const grid = `label: ${gridClass}, amplitude: ${amplitude}, stride: ${stride}`;
  const with_ = (of: string) => (share: string, random: string) => `{ ${of}, fraction: ${share}${random} }`;
  const [ofDot, ofGrid] = [with_(dot), with_(grid)];
  switch (taintedSet) {
    case 'tainted':
      return { name: 'taint', call: (share, random) => `{ dot: ${ofDot(share, random)}, grid: ${ofGrid(share, random)} }` };
    case 'only dots':
      return { name: 'localCorruption', call: ofDot };
    case 'only grid':
      return { name: 'globalCorruption', call: ofGrid };
    case 'all dots':
      return { name: 'allDots', call: ofDot };
    case 'all grid':
      return { name: 'allGrid', call: ofGrid };
  }
}

/** @param changes of the learning rate while the run went on */
export function runnableCode(config: Config, changes: readonly Change[] = []): string {
  const { images, testImages, epochs, batch, rate, freshAdam, seed, fraction } = config;
  const { name, call } = corruptionOf(config);
  const random = fraction < 1;
  const moved = changes.filter(({ values }) => 'rate' in values).map(({ step, values }) => [step, values.rate]);
  return `/**
 * Failure modes of a classifier: a clean and a tainted network side by side, written with Chalkgrad's engine. Save this file in the root of a
 * Chalkgrad checkout and run it with \`node apps/cli/run.mjs exec FILE\`; \`npm run data\` must have prepared MNIST.
 */
import { ${name} } from './engine/data/corruptions.ts';
import { loadDataset } from './engine/data/load.ts';
import { folderSource } from './engine/data/source-node.ts';
${random ? "import { uniformFrom } from './engine/data/uniform.ts';\n" : ''}import { Generator, init } from './engine/index.ts';
import { DENSE_MODEL } from './engine/nn/architectures.ts';
import { buildNetwork } from './engine/nn/network.ts';
import { imageData } from './engine/train/data.ts';
import { evaluate } from './engine/train/evaluate.ts';
import { Trainer } from './engine/train/trainer.ts';

const seed = ${seed};
const device = await init({ device: 'auto' });
console.log(device.info.name);

const source = folderSource('data/packs');
const normalisation = ${JSON.stringify(NORMALISATION).replaceAll('"', '')};
const train = await loadDataset('mnist', { source, split: 'train', count: ${images} });
const test = await loadDataset('mnist', { source, split: 'test', count: ${testImages} });
${random ? "/** Which images of a class carry its cue: one sequence for both cues. */\nconst uniform = uniformFrom(new Generator(seed, 'taint train'));\n" : ''}const sets = {
  clean: { train, test },
  tainted: {
    train: ${name}(train, ${call(String(fraction), random ? ', uniform' : '')}),
    // The tainted tests always carry their cue.
    test: ${name}(test, ${call('1', '')}),
  },
};
${moved.length > 0 ? `/** Learning rates that the reader chose after these steps. */\nconst rates = new Map<number, number>(${JSON.stringify(moved)});\n` : ''}
const networks = ['clean', 'tainted'] as const;
for (const which of networks) {
  const { definition, inputShape } = DENSE_MODEL;
  // Both start from identical weights and see the same images in the same order.
  const network = buildNetwork(definition, { inputShape, rng: new Generator(seed, 'weights') });
  const trainer = new Trainer({
    network,
    data: imageData(sets[which].train, { normalisation }),
    loss: 'crossEntropy',
    optimiser: { type: 'adam', lr: ${rate} },
    epochs: ${epochs},
    batchSize: ${batch},
    seed,
    resetOptimiser: ${freshAdam},
    evalEvery: 'never',
  });
${moved.length > 0 ? '  trainer.lr = rates.get(0) ?? trainer.lr;\n' : ''}  for await (const event of trainer.run()) {
    if (event.type === 'step') console.log(which, event.step, event.loss);
${moved.length > 0 ? "    if (event.type === 'step') trainer.lr = rates.get(event.step) ?? trainer.lr;\n" : ''}  }
  for (const of of networks) {
    const { accuracy } = await evaluate(network, imageData(sets[of].test, { normalisation }));
    console.log(\`\${which} network, \${of} test\`, accuracy);
  }
  trainer.dispose();
  network.dispose();
}
`;
}
