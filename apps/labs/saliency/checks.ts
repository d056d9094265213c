/** Checks of methods against their definitions, computed another way: what *Verify* compares on the cards of this lab. */
import { withGuidedRelu } from '../../../engine/explain/attribution.ts';
import { enlargeMap } from '../../../engine/explain/display.ts';
import { classScores } from '../../../engine/explain/faithfulness.ts';
import { explainBy } from '../../../engine/explain/methods.ts';
import { grad, noGrad, relu, scope, type Tensor, tensor } from '../../../engine/index.ts';
import { Generator } from '../../../engine/random.ts';
import type { Verification } from '../../math/card.ts';
import { worstElement } from '../../math/verify.ts';
import type { Explainer } from './explain.ts';
import type { Config, Picture } from './subject.ts';

/** Channels that Score-CAM's check goes through one by one, at most. */
const MOST_CHANNELS = 64;

const compared = (name: string, got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, shape: number[]) => {
  const { error, index } = worstElement(Float32Array.from(got), Float32Array.from(expected));
  return { name, maxError: error, tolerance, worstIndex: index, shape, got: got[index] ?? 0, expected: expected[index] ?? 0 };
};

async function dataOf(make: () => Tensor): Promise<Float32Array<ArrayBuffer>> {
  const made = scope(make);
  const values = await made.data();
  made.dispose();
  return values;
}

/** The rule at one rectifier: positive gradients, where its output is positive. */
export async function guidedCheck(): Promise<Verification> {
  const random = new Generator(1, 'guided');
  const [x, gy] = [random.normal(256), random.normal(256)];
  const got = await dataOf(() => {
    const leaf = tensor(x, [256], { requiresGrad: true });
    return withGuidedRelu(() => grad(relu(leaf), [leaf], { gradOutput: tensor(gy, [256]) })[0] as Tensor);
  });
  const expected = x.map((value, i) => (value > 0 && (gy[i] as number) > 0 ? (gy[i] as number) : 0));
  return compared('gradient through one ReLU against the rule', got, expected, 1e-6, [256]);
}

/** Σ of the attribution against S(x) − S(x′). */
export async function completenessCheck(explainer: Explainer, picture: Picture, config: Config): Promise<Verification> {
  const targets = await explainer.targets([picture], config);
  const settings = { ...config, from: '' };
  const { values } = await explainer.raw(explainer.network, 'integrated gradients', [picture], targets, settings);
  const got = values.reduce((a, b) => a + b, 0);
  const [before, after] = await Promise.all([
    scoreOf(explainer, picture, targets, null),
    scoreOf(explainer, picture, targets, config),
  ]);
  const expected = before - after;
  const name = `completeness with ${config.nodes} nodes: Σ of the attribution against S(x) − S(x′)`;
  return { name, maxError: Math.abs(got - expected) / (1 + Math.abs(expected)), tolerance: 0.05, worstIndex: 0, got, expected };
}

/** S_c of the picture, or with `config` of its baseline. */
async function scoreOf(explainer: Explainer, picture: Picture, targets: number[], config: Config | null): Promise<number> {
  const values = await dataOf(() => {
    const x = explainer.input([picture]);
    return classScores(explainer.network, config ? baselineImage(explainer, config) : x, targets);
  });
  return values[0] as number;
}

/** x′ as a picture, in the network's units. */
function baselineImage(explainer: Explainer, { baseline }: Config): Tensor {
  const { inputShape, device } = explainer.network;
  const { mean, std } = explainer.open.normalisation ?? { mean: [], std: [] };
  const channels = inputShape.at(-1) as number;
  const level = baseline === 'white' ? 1 : 0;
  const size = inputShape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, (_, i) => {
    const c = i % channels;
    return baseline === 'mean' ? 0 : (level - (mean[c] ?? 0)) / (std[c] ?? 1);
  });
  return tensor(values, [1, ...inputShape], { device });
}

/** One window over the whole picture: the map is S(x) − S(fill) everywhere. */
export async function occlusionCheck(explainer: Explainer, picture: Picture, config: Config): Promise<Verification> {
  const targets = await explainer.targets([picture], config);
  const [h, w] = explainer.network.inputShape as [number, number];
  const window = Math.min(h, w);
  const got = await dataOf(() => {
    const x = explainer.input([picture]);
    return explainBy('occlusion', explainer.network, x, targets, { ...explainer.options('occlusion', config, x), window });
  });
  if (h !== w) throw new Error('the check needs a square picture');
  const expected = (await scoreOf(explainer, picture, targets, null)) - (await scoreOf(explainer, picture, targets, config));
  return compared(
    'one window over all: S(x) − S(fill) at every pixel',
    got,
    got.map(() => expected),
    1e-3,
    [h, w],
  );
}

/** Score-CAM with its channels one by one, on the host. */
export async function scoreCamCheck(explainer: Explainer, picture: Picture, config: Config): Promise<Verification> {
  const { network } = explainer;
  const layer = explainer.layerOf('Score-CAM', config);
  if (layer === undefined) throw new Error('no layer of this network puts out maps');
  const channels = network.layer(layer).outputShape[2] as number;
  if (channels > MOST_CHANNELS)
    throw new Error(`layer ${layer} has ${channels} channels; choose one with at most ${MOST_CHANNELS}`);
  const targets = await explainer.targets([picture], config);
  const [target] = targets as [number];
  const { values: got, shape } = await explainer.raw(network, 'Score-CAM', [picture], targets, { ...config, rectify: true });
  const [h, w] = shape.slice(1) as [number, number];
  const maps = await dataOf(() =>
    noGrad(
      () =>
        network
          .eval()
          .forward(explainer.input([picture]), { capture: [layer] })
          .activations.get(layer) as Tensor,
    ),
  );
  const [height, width, depth] = network.inputShape as [number, number, number];
  const x = await dataOf(() => explainer.input([picture]));
  const empty = await dataOf(() => baselineImage(explainer, config));
  const scores: number[] = [];
  for (let k = 0; k < channels; k++) {
    const large = enlargeMap(
      Float32Array.from({ length: h * w }, (_, i) => maps[i * channels + k] as number),
      h,
      w,
      height,
      width,
    );
    const [low, high] = [Math.min(...large), Math.max(...large)];
    const masked = x.map((value, i) => {
      const mask = ((large[Math.floor(i / depth)] as number) - low) / (high - low || 1);
      return (empty[i] as number) + mask * (value - (empty[i] as number));
    });
    const out = await dataOf(() =>
      noGrad(() => network.forward(tensor(masked, [1, ...network.inputShape], { device: network.device }))),
    );
    scores.push(out[target] as number);
  }
  const most = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - most));
  const total = weights.reduce((a, b) => a + b, 0);
  const expected = got.map((_, i) =>
    Math.max(
      0,
      weights.reduce((sum, weight, k) => sum + (weight / total) * (maps[i * channels + k] as number), 0),
    ),
  );
  return compared('Score-CAM, channel by channel on the host', got, expected, 1e-3, [h, w]);
}
