/** Questions about a network whose device is no longer the thread's: another lab of the page has opened one since. */
import { expect, it } from 'vitest';
import type { Config } from '../../../apps/labs/failure-modes/data.ts';
import { attribute, pathNodes } from '../../../apps/labs/failure-modes/explain.ts';
import { inspect, verify } from '../../../apps/labs/failure-modes/inspect.ts';
import { schema } from '../../../apps/labs/failure-modes/schema.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { init } from '../../../engine/device/init.ts';
import { mlp } from '../../../engine/nn/architectures.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';

it('failure modes: attributions, the path and the cards', async () => {
  const device = await init({ device: 'cpu' });
  const network = buildNetwork(mlp([784, 8, 10]), { inputShape: [28, 28, 1], rng: 1, device });
  await init({ device: 'cpu' });
  const x = Float32Array.from({ length: 784 }, (_, i) => (i % 5) / 5);
  const config: Config = { ...defaults(schema), nodes: 8 };
  for (const method of ['integrated gradients', 'saliency'] as const)
    expect((await attribute(network, x, 3, { ...config, method })).scores, method).toHaveLength(10);
  expect((await pathNodes(network, x, 3, config)).nodes).not.toHaveLength(0);
  const example = { network, x, label: 3, step: 1 };
  expect(await inspect(example, config)).not.toHaveLength(0);
  for (const card of ['integrated-gradients', 'saliency', 'cross-entropy', 'adam'])
    expect(await verify(example, config, card), card).not.toHaveLength(0);
  network.dispose();
});
