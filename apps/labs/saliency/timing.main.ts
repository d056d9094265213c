/**
 * `node apps/cli/run.mjs exec apps/labs/saliency/timing.main.ts`: milliseconds of Tiny Darknet's passes on the CPU device with one thread, six in a row,
 * and in brackets those in which the process had the processor: what they would take if nothing else ran.
 */
import { join } from 'node:path';
import { folderSource } from '../../../engine/data/source-node.ts';
import { init } from '../../../engine/device/init.ts';
import { scoreGradient } from '../../../engine/explain/scores.ts';
import { noGrad, scope, type Tensor, tensor } from '../../../engine/index.ts';
import { loadPretrained } from '../../../engine/io/pretrained.ts';
import { foldBatchNorm } from '../../../engine/nn/fold-batch-norm.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { repositoryRoot } from '../../cli/root.ts';

const TIMES = 6;

async function milliseconds(pass: () => Tensor): Promise<string> {
  const times: string[] = [];
  for (let i = 0; i < TIMES; i++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    const made = scope(pass);
    await made.data();
    made.dispose();
    const { user, system } = process.cpuUsage(used);
    times.push(`${(performance.now() - start).toFixed(0)} (${((user + system) / 1000).toFixed(0)})`);
  }
  return times.join(' ');
}

export async function main(): Promise<number> {
  await init({ device: 'wasm' });
  const found = await loadPretrained('tiny-darknet', { source: folderSource(join(repositoryRoot, 'data/packs')) });
  const rows = [];
  for (const [norms, { network: definition, state }] of Object.entries({
    'as published': found,
    folded: foldBatchNorm(found.network, found.state),
  })) {
    const network = buildNetwork(definition, { inputShape: found.inputShape, rng: 0 }).eval();
    network.loadStateDict(state);
    const x = tensor(new Generator(1, 'timing').uniform(224 * 224 * 3), [1, 224, 224, 3]);
    const forward = await milliseconds(() => noGrad(() => network.forward(x)));
    rows.push({ norms, forward, 'input gradient': await milliseconds(() => scoreGradient(network, x, [0])) });
    x.dispose();
    network.dispose();
  }
  console.table(rows);
  return 0;
}
