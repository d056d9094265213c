/** Feature visualisation (Olah et al. 2017): an image that a network, or a part of it, responds to most. */
import { grad, withGradients } from '../../autodiff.ts';
import { constantTable } from '../../constant.ts';
import type { Recording, RecordingDevice } from '../../device/recording-device.ts';
import { ConfigError } from '../../errors.ts';
import { keep, scope } from '../../memory.ts';
import type { Network } from '../../nn/network.ts';
import { affineWarp, div, neg, sub, sum } from '../../ops/index.ts';
import { createOptimiser } from '../../optim/optimiser.ts';
import { Generator } from '../../random.ts';
import { type Tensor, tensor } from '../../tensor.ts';
import { REDIRECTED_RELU } from './gradients.ts';
import { type ImageParameters, type ImageParametersKind, imageParameters } from './image-parameters.ts';
import type { Objective } from './objectives.ts';
import { checkRobustness, drawTransforms, NO_ROBUSTNESS, type RobustnessOptions } from './robustness.ts';

export interface VisualiseOptions {
  readonly network: Network;
  readonly objective: Objective;
  /** Images at once. Default 1. */
  readonly batch?: number;
  /** Height and width of the image. Default: the network's input. */
  readonly size?: readonly [height: number, width: number];
  /** Default 'fourier' with decorrelated colours. */
  readonly parametrisation?: ImageParametersKind;
  /** Decorrelated colours; see `ImageParametersOptions`. */
  readonly colour?: boolean;
  /** Default: none. */
  readonly robustness?: RobustnessOptions;
  /** What the network was trained on: (x − mean)/std of pixels in [0, 1]. Default: the pixels as they are. */
  readonly normalisation?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** Default 512. */
  readonly steps?: number;
  /** Adam's η, or what it is at each step. Default 0.05. */
  readonly lr?: number | (() => number);
  /** Steps with redirected ReLUs at the start. Default 16. */
  readonly redirectedSteps?: number;
  /** Of the start and of the transformations. Default 0. */
  readonly seed?: number;
  /** Steps at which the image is handed over; the last one is always. Default: only that. */
  readonly snapshots?: readonly number[];
  /** Steps between two reports of the objective. Default 16. */
  readonly every?: number;
}

export interface Visualisation {
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  /** The objective of each image, as the last step saw it, transformed. */
  readonly values: Float32Array<ArrayBuffer>;
  /** [N, H, W, C] in [0, 1], at a snapshot. */
  readonly image?: Float32Array<ArrayBuffer>;
  readonly shape: readonly [batch: number, height: number, width: number, channels: number];
}

function whole(path: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new ConfigError(path, `must be a whole number of at least ${least}, got ${value}.`);
  return value;
}

/** One optimisation on its device: each step is recorded once and replayed, only the matrices of the transformations are new. */
class Run {
  readonly parameters: ImageParameters;
  readonly #options: VisualiseOptions;
  readonly #device: RecordingDevice;
  readonly #matrices: Tensor;
  readonly #optimiser;
  readonly #recordings = new Map<boolean, Recording<Tensor>>();

  constructor(options: VisualiseOptions, parameters: ImageParameters, batch: number) {
    this.#options = options;
    this.parameters = parameters;
    this.#device = options.network.device;
    this.#matrices = keep(tensor(new Float32Array(batch * 6), [batch, 6], { device: this.#device }));
    this.#optimiser = createOptimiser(parameters.parameters, { type: 'adam', lr: this.#rate() });
  }

  #rate(): number {
    const { lr = 0.05 } = this.#options;
    return typeof lr === 'function' ? lr() : lr;
  }

  /** @returns the objective of each image, a tensor that the next step overwrites */
  step(matrices: Float32Array, redirected: boolean): Tensor {
    this.#matrices.write(matrices);
    this.#optimiser.lr = this.#rate();
    this.#optimiser.prepare();
    let recording = this.#recordings.get(redirected);
    if (!recording) {
      recording = this.#device.record(() => keep(scope(() => this.#compute(redirected))));
      this.#recordings.set(redirected, recording);
    }
    recording.execute();
    this.#device.flush();
    return recording.result;
  }

  #compute(redirected: boolean): Tensor {
    const { network, objective, normalisation, robustness } = this.#options;
    network.eval();
    return withGradients(redirected ? REDIRECTED_RELU : {}, () => {
      const image = this.parameters.image();
      const [h, w] = network.inputShape as [number, number];
      const still = !robustness && image.shape[1] === h && image.shape[2] === w;
      const seen = still ? image : affineWarp(image, this.#matrices, { size: [h, w], fill: 0.5 });
      const { output, activations } = network.forward(normalised(seen, normalisation), { capture: objective.layers });
      const values = objective.value({ image, output, layer: (key) => activations.get(String(key)) as Tensor });
      this.#optimiser.apply(grad(neg(sum(values)), [...this.parameters.parameters]));
      return values.detach();
    });
  }

  dispose(): void {
    for (const recording of this.#recordings.values()) {
      recording.result.dispose();
      recording.dispose();
    }
    this.#optimiser.dispose();
    this.#matrices.dispose();
    this.parameters.dispose();
  }
}

/** (x − mean)/std of pixels in [0, 1], as the network was trained; x where nothing is given. */
export function normalised(x: Tensor, given: VisualiseOptions['normalisation']): Tensor {
  if (!given) return x;
  const channels = x.shape.at(-1) as number;
  for (const [name, list] of Object.entries(given)) {
    if (list.length !== channels && list.length !== 1)
      throw new ConfigError(`normalisation.${name}`, `must have 1 or ${channels} numbers.`);
  }
  const table = (list: readonly number[]) => constantTable(`constant ${list.join()}`, x.device, [list.length], () => [...list]);
  return div(sub(x, table(given.mean)), table(given.std));
}

/**
 * Climbs an objective with Adam. Yields the objective every few steps, and images at snapshots; not pulling pauses.
 * @throws ConfigError for a network that takes no images of one or three channels, or numbers out of range
 */
export async function* visualise(options: VisualiseOptions): AsyncGenerator<Visualisation> {
  const { network, redirectedSteps = 16, seed = 0, every = 16, robustness = NO_ROBUSTNESS } = options;
  const { inputShape } = network;
  if (inputShape.length !== 3) throw new ConfigError('network', `it must take images [H, W, C], not [${inputShape.join(', ')}].`);
  const [h, w, channels] = inputShape as readonly [number, number, number];
  const [height, width] = options.size ?? [h, w];
  const steps = whole('steps', options.steps ?? 512, 1);
  const batch = whole('batch', options.batch ?? 1, 1);
  whole('every', every, 1);
  checkRobustness(robustness);
  const rng = new Generator(seed, 'transformations');
  const { training } = network;
  const run = new Run(
    options,
    imageParameters({
      batch,
      height,
      width,
      channels,
      kind: options.parametrisation ?? 'fourier',
      ...(options.colour === undefined ? {} : { colour: options.colour }),
      rng: new Generator(seed, 'image'),
      device: network.device,
    }),
    batch,
  );
  const snapshots = new Set([...(options.snapshots ?? []), steps]);
  const shape = [batch, height, width, channels] as const;
  try {
    for (let step = 1; step <= steps; step++) {
      const values = run.step(drawTransforms(robustness, batch, [height, width], [h, w], rng), step <= redirectedSteps);
      if (!snapshots.has(step) && step % every !== 0) continue;
      const host = await values.data();
      if (!snapshots.has(step)) yield { step, steps, values: host, shape };
      else {
        const image = scope(() => run.parameters.image().detach());
        const pixels = await image.data();
        image.dispose();
        yield { step, steps, values: host, image: pixels, shape };
      }
    }
  } finally {
    run.dispose();
    network.train(training);
  }
}
