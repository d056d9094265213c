/** The trainings as a file that repeats them with the engine alone: the same images, noise, weights and losses, and the errors. */
import type { Change } from '../../runtime/runner.ts';
import { CLOTHES, counts, NORMALISATION } from './mix.ts';
import { trainings } from './schema.ts';
import type { Config } from './training.ts';

/** @param changes of the learning rate while the run went on, by the steps of all trainings together */
export function runnableCode(config: Config, changes: readonly Change[] = []): string {
  const { images, testImages, noisePower, noiseLevel, maps, depth, epochs, batch, rate, seed } = config;
  const own = config.clothesNormalisation === 'own';
  const count = counts(config);
  const text = (value: object) => JSON.stringify(value).replaceAll('"', '');
  const chosen = config.training === 'all three' ? trainings : [config.training];
  const moved = changes.some(({ values }) => 'rate' in values);
  return `/**
 * Denoisers, written with Chalkgrad's engine. Save this file in the root of a Chalkgrad checkout and run it with
 * \`node apps/cli/run.mjs exec FILE\`; \`npm run data\` must have prepared MNIST and Fashion-MNIST.${
   moved
     ? '\n * The reader changed the learning rate on the way, counted in steps of all trainings together: this file keeps the first one.'
     : ''
 }
 */
import { ${own ? '' : 'concatenate, type ImageDataset, '}subset, ${own ? '' : 'take, '}toFloat32 } from './engine/data/dataset.ts';
import { loadDataset } from './engine/data/load.ts';
import { folderSource } from './engine/data/source-node.ts';
import { add, DeviceGenerator, Generator, init, mean, mul, noGrad, powScalar, randomNormal, randomUniform, scope, square, sub, type Tensor, tensor } from './engine/index.ts';
import { unet } from './engine/nn/architectures.ts';
import { buildNetwork } from './engine/nn/network.ts';
${
  own
    ? "import { trainingData } from './apps/labs/denoise/mixed-data.ts'; // each set in units of its own"
    : "import { imageData } from './engine/train/data.ts';"
}
import { Trainer } from './engine/train/trainer.ts';

const seed = ${seed};
const device = await init({ device: 'auto' });
console.log(device.info.name);

const source = folderSource('data/packs');
const load = (name: 'mnist' | 'fashion-mnist', split: 'train' | 'test', count: number) => loadDataset(name, { source, split, count });
const [mnist, fashion] = [await load('mnist', 'train', ${images}), await load('fashion-mnist', 'train', ${images})];
const tests = [await load('mnist', 'test', ${testImages}), await load('fashion-mnist', 'test', ${testImages})];
const normalisation = ${text(NORMALISATION)};
/** What each test set is normalised with. */
const units = [normalisation, ${own ? text(CLOTHES) : 'normalisation'}];

/** x̃ = x ⊙ uᵞ + σ n */
const noisy = (x: Tensor, rng: DeviceGenerator): Tensor =>
  add(mul(x, powScalar(randomUniform(x.shape, { rng }), ${noisePower})), mul(randomNormal(x.shape, { rng }), ${noiseLevel}));

for (const name of ${JSON.stringify(chosen)}) {
  const { definition, inputShape } = unet(${maps}, ${depth});
  const network = buildNetwork(definition, { inputShape, rng: new Generator(seed, 'weights') });
${
  own
    ? ''
    : `  const both = [take(mnist, ${count.digits}), take(fashion, ${count.clothes})]${config.order === 'digits first' ? '' : '.reverse()'};
  const images: ImageDataset = name === 'MNIST' ? mnist : concatenate(both, 'both');
`
}  const trainer = new Trainer({
    network,
    data: ${own ? `trainingData(name !== 'MNIST', mnist, fashion, ${JSON.stringify({ images, clothes: config.clothes, order: config.order, clothesNormalisation: 'own' })})` : "imageData(images, { normalisation, targets: 'images' })"},
    loss: 'mse',
    optimiser: { type: 'adam', lr: ${rate} },
    epochs: ${epochs},
    batchSize: ${batch},
    shuffle: name !== 'both in sequence', // unshuffled, one set comes after the other
    seed,
    evalEvery: 'never',
    transform: ({ targets }, rng) => ({ inputs: noisy(targets, rng), targets }),
  });
  for await (const event of trainer.run()) if (event.type === 'step') console.log(name, event.step, event.loss);
  network.eval();
  for (const [at, test] of tests.entries()) {
    const rng = new DeviceGenerator(seed, 'test noise');
    const errors: number[] = [];
    for (let from = 0; from < test.count; from += 64) {
      const batch = Array.from({ length: Math.min(64, test.count - from) }, (_, i) => from + i);
      const values = toFloat32(subset(test, batch), undefined, units[at]);
      rng.advance();
      const found = scope(() =>
        noGrad(() => {
          const clean = tensor(values, [batch.length, 28, 28, 1]);
          return mean(square(sub(network.forward(noisy(clean, rng)), clean)), { axes: [1, 2, 3] });
        }),
      );
      errors.push(...(await found.data()));
      found.dispose();
    }
    console.log(name, test.name, errors.reduce((sum, error) => sum + error, 0) / errors.length);
  }
  trainer.dispose();
  network.dispose();
}
`;
}
