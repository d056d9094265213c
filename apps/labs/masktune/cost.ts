/**
 * `node apps/cli/run.mjs exec apps/labs/masktune/cost.ts [IMAGES]`: what the maps of a training set cost beside its forward passes, in seconds
 * of the processor, with the published network on the CPU device.
 */
import { join } from 'node:path';
import { lowerOrUpper, toColour } from '../../../engine/data/corruptions.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { folderSource } from '../../../engine/data/source-node.ts';
import { openDevice } from '../../../engine/device/init.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { saliencyMaps } from '../../../engine/repair/mask-tune.ts';
import { setDevice } from '../../../engine/tensor.ts';
import type { TrainingData } from '../../../engine/train/data.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import { dataFolder } from '../../cli/data/folders.ts';
import { CAM_LAYER, newNetwork } from './network.ts';
import { asData } from './studio.ts';

const PUBLISHED_WIDTH = 16;

/** Seconds of one pass over the data and of its maps. @param clock in seconds */
export async function costOfMaps(network: Network, data: TrainingData, clock: () => number) {
  const started = clock();
  await evaluate(network, data);
  const passed = clock();
  await saliencyMaps(network, data, { layer: CAM_LAYER });
  return { forward: passed - started, maps: clock() - passed };
}

/** Of this process, in all of its threads. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export async function main([images = '60000']: readonly string[]): Promise<void> {
  setDevice(await openDevice('wasm'));
  const count = Number(images);
  const digits = await loadDataset('mnist', { source: folderSource(join(dataFolder, 'packs')), split: 'train', count });
  const data = asData(toColour(lowerOrUpper(digits)));
  const { forward, maps } = await costOfMaps(newNetwork(PUBLISHED_WIDTH, 1), data, processorSeconds);
  const told = [forward, maps].map((seconds) => seconds.toFixed(1));
  console.log(`${data.count} images: forward ${told[0]} s, maps ${told[1]} s, ${(maps / forward).toFixed(2)} times as long`);
}
