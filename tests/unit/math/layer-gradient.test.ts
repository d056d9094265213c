/** The gradient of a score by a layer's maps is compared with differences where the score is smooth, and a wrong one is found. */
import { beforeAll, expect, it } from 'vitest';
import { verifyLayerGradient } from '../../../apps/math/layer-gradient.ts';
import { layerGradient } from '../../../engine/explain/scores.ts';
import { Generator, init, scope, tensor } from '../../../engine/index.ts';
import { SMALL_CNN } from '../../../engine/nn/architectures.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';

beforeAll(() => init({ device: 'cpu' }));

/** Max pooling and ReLUs lie behind the layer: many of its elements stand at a kink. */
async function mapsOf(target: number) {
  const network = buildNetwork(SMALL_CNN.definition, { inputShape: SMALL_CNN.inputShape, rng: new Generator(3, 'weights') });
  const image = new Generator(5, 'image').uniform(28 * 28 * 3);
  const made = scope(() => {
    const { activation, gradient } = layerGradient(network, tensor(image, [1, 28, 28, 3]), [target], 'cam');
    return { activation, gradient };
  });
  const copy = async (t: typeof made.activation) => ({ shape: t.shape, data: await t.data() });
  return { network, A: await copy(made.activation), G: await copy(made.gradient) };
}

it('agrees with the tape of a network with pooling and ReLUs behind the layer', async () => {
  const { network, A, G } = await mapsOf(1);
  const right = await verifyLayerGradient(network, 'cam', 1, A, G);
  expect(right.skipped).toBeUndefined();
  expect(Number(/at (\d+) of 48/.exec(right.name)?.[1])).toBeGreaterThanOrEqual(24);
  expect(right.maxError).toBeLessThan(2e-3);
  // Another class, a NaN, twice too large: each is found.
  expect((await verifyLayerGradient(network, 'cam', 0, A, G)).maxError).toBeGreaterThan(right.tolerance);
  const broken = { shape: G.shape, data: G.data.map((g, i) => (i === 5 ? Number.NaN : g)) };
  expect((await verifyLayerGradient(network, 'cam', 1, A, broken)).maxError).toBe(Number.POSITIVE_INFINITY);
  const doubled = { shape: G.shape, data: G.data.map((g) => 2 * g) };
  expect((await verifyLayerGradient(network, 'cam', 1, A, doubled)).maxError).toBeGreaterThan(right.tolerance);
});
