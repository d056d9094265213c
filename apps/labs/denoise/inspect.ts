/** What the math cards ask of a run: the tensors of the U-net for one noisy image, and checks on them. */
import { ConfigError, grad, mseLoss, scope, type Tensor, tensor } from '../../../engine/index.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import {
  adamChecks,
  convolutionChecks,
  copyOf,
  doubled,
  meanSquaredErrorChecks,
  poolingChecks,
  resizeChecks,
  type Values,
} from '../../math/checks.ts';
import { maxPoolGradientChecks } from '../../math/layer-checks.ts';
import { baselineCheck, noiseCheck } from './noise-checks.ts';
import type { Denoiser } from './training.ts';

/** The first convolution, and the one that takes the uppermost skip connection and what comes from below. */
const FIRST = '0.left_convs.0.conv_pass.0';
const JOIN = '0.right_convs.0.conv_pass.0';
const ENCODED = '0.left_convs.0';

/** What the cards show of one image [28, 28, 1]. */
interface Inside {
  readonly noisy: Values;
  readonly clean: Values;
  readonly output: Values;
  /** First convolution: output, weights, and the gradients of both. */
  readonly y: Values;
  readonly w: Values;
  readonly gy: Values;
  readonly gw: Values;
  /** What crosses the uppermost skip connection, and what comes from below; null for one level. */
  readonly join: { readonly encoded: Values; readonly below: Values } | null;
}

/** Parameters of the network by their path. */
function parameter(denoiser: Denoiser, name: string): Tensor | undefined {
  return new Map(denoiser.network.namedParameters()).get(name);
}

async function inside(denoiser: Denoiser, image: Float32Array<ArrayBuffer>): Promise<Inside> {
  const { noisy } = await denoiser.denoise(image);
  const { network } = denoiser;
  const weight = parameter(denoiser, `${FIRST}.weight`);
  if (!weight) throw new ConfigError('network', `has no convolution '${FIRST}'.`);
  const joins = parameter(denoiser, `${JOIN}.weight`) !== undefined;
  // The block below the uppermost decoder: another decoder, or the bottom of the network.
  const below = network.modules.find(({ path }) => path === '0.right_convs.1') ? '0.right_convs.1' : '0.left_convs.1';
  const paths = [FIRST, ENCODED, ...(joins ? [below] : [])];
  network.eval();
  const made = scope(() => {
    const { device } = network;
    const [input, target] = [tensor(noisy, [1, 28, 28, 1], { device }), tensor(image, [1, 28, 28, 1], { device })];
    const { output, activations } = network.forward(input, { capture: paths, fuse: false });
    const y = activations.get(FIRST) as Tensor;
    const [gy, gw] = grad(mseLoss(output, target), [y, weight]);
    return [output, y, gy as Tensor, gw as Tensor, activations.get(ENCODED) as Tensor, activations.get(below)] as const;
  });
  network.train();
  const [output, y, gy, gw, encoded, lower] = made;
  const values = {
    noisy: { shape: [1, 28, 28, 1], data: noisy },
    clean: { shape: [1, 28, 28, 1], data: image },
    output: await copyOf(output),
    y: await copyOf(y),
    w: await copyOf(weight),
    gy: await copyOf(gy),
    gw: await copyOf(gw),
    join: joins && lower ? { encoded: await copyOf(encoded), below: await copyOf(lower) } : null,
  };
  for (const tensor of made) tensor?.dispose();
  return values;
}

/** @param image a clean image in normalised units, [784] */
export async function inspect(denoiser: Denoiser, image: Float32Array<ArrayBuffer>): Promise<LiveTensor[]> {
  const { noisy, clean, output, y, w, gw, join } = await inside(denoiser, image);
  const difference = output.data.map((value, i) => value - (clean.data[i] as number));
  return [
    { name: 'image', symbol: 'x', terms: ['noise/x'], layout: 'nhwc', ...clean },
    { name: 'noisy image', symbol: 'x̃', terms: ['noise/noisy', 'conv2d/x'], layout: 'nhwc', ...noisy },
    { name: 'first convolution: weights', symbol: 'w', terms: ['conv2d/w', 'adam/theta'], layout: 'hwio', ...w },
    { name: 'first convolution: output', symbol: 'y', terms: ['conv2d/y'], layout: 'nhwc', ...y },
    { name: 'first convolution: ∂L/∂w', symbol: 'g', terms: ['adam/g'], layout: 'hwio', ...gw },
    {
      name: 'denoised − clean',
      symbol: 'x − t',
      terms: ['mse/difference'],
      layout: 'nhwc',
      shape: clean.shape,
      data: difference,
    },
    ...(join
      ? ([
          { name: 'from below, 14×14', symbol: 'x', terms: ['bilinear/x'], layout: 'nhwc', ...join.below },
          {
            name: 'from below, doubled',
            symbol: 'y',
            terms: ['bilinear/y'],
            layout: 'nhwc',
            ...doubled(join.below),
          },
          {
            name: 'by the skip connection',
            symbol: 'x₁',
            terms: ['max-pool/x'],
            layout: 'nhwc',
            ...join.encoded,
          },
        ] as const)
      : []),
  ];
}

/** @param card id of one of the lab's cards */
export async function verify(denoiser: Denoiser, image: Float32Array<ArrayBuffer>, card: string): Promise<Verification[]> {
  const { noisy, clean, output, w, gy, gw, join } = await inside(denoiser, image);
  if (card === 'conv2d') return convolutionChecks(card, { x: noisy, w, gy }, { padding: 'same' });
  if (card === 'mse') return meanSquaredErrorChecks(output, clean);
  if (card === 'adam') {
    const { step } = denoiser.trainer.progress;
    return adamChecks({ theta: w.data, g: gw.data, step: step + 1 }, { lr: denoiser.trainer.lr });
  }
  if (card === 'noise') return [noiseCheck(clean, noisy, denoiser.noise, denoiser.seed)];
  if (card === 'baseline') return [baselineCheck(clean, denoiser.noise, denoiser.seed)];
  if (!join) throw new ConfigError('depth', 'a network of one level joins and enlarges nothing: choose more levels.');
  if (card === 'max-pool') return poolingChecks(join.encoded);
  if (card === 'max-pool-gradient') return maxPoolGradientChecks(join.encoded);
  if (card.startsWith('bilinear')) return resizeChecks(card, join.below);
  throw new Error(`there is no check for the card '${card}'`);
}
