/** What window-turns.test.ts runs in the page's own thread: a network is compiled and trained. */
import { init } from '../../engine/device/init.ts';
import { buildNetwork } from '../../engine/nn/network.ts';
import { Generator } from '../../engine/random.ts';
import { arrayData } from '../../engine/train/data.ts';
import { Trainer } from '../../engine/train/trainer.ts';

export interface WindowRun {
  readonly device: string;
  readonly steps: number;
}

/** Trains the ConvNet of the benchmark, batch 64, for some steps. */
export async function trainInWindow(steps: number): Promise<WindowRun> {
  const device = await init({ device: 'wasm', threads: 1 });
  const rng = new Generator(1, 'turns');
  const images = { values: rng.normal(256 * 784, 0, 1), shape: [28, 28, 1] };
  const data = arrayData(images, { values: Int32Array.from(rng.integers(256, 10)), shape: [] }, 10);
  const network = buildNetwork(
    [
      { type: 'conv2d', in: 1, out: 16, kernel: 3, padding: 1 },
      { type: 'batchnorm2d', features: 16 },
      { type: 'relu' },
      { type: 'maxpool2d', kernel: 2 },
      { type: 'conv2d', in: 16, out: 32, kernel: 3, padding: 1 },
      { type: 'relu' },
      { type: 'maxpool2d', kernel: 2 },
      { type: 'flatten' },
      { type: 'linear', in: 1568, out: 10 },
    ],
    { inputShape: [28, 28, 1], rng: 1 },
  );
  const optimiser = { type: 'adam', lr: 1e-3 } as const;
  const trainer = new Trainer({ network, data, batchSize: 64, steps, loss: 'crossEntropy', optimiser, seed: 1 });
  // The page's own loading ends first. The marks stand in the browser's trace.
  await new Promise((resolve) => setTimeout(resolve, 200));
  performance.mark('training begins');
  await trainer.advance(steps);
  performance.mark('training ends');
  return { device: device.info.kind, steps: trainer.progress.step };
}
