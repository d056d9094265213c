/** Class scores and their gradients, batched: in evaluation mode samples do not interact, so one pass serves all of them. */
import { grad } from '../autodiff.ts';
import { ArgumentError, ConfigError, DTypeError, kindOf, ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { LayerKey, Network } from '../nn/network.ts';
import { checkTensor } from '../ops/arguments.ts';
import { oneHot } from '../ops/index.ts';
import { type Shape, Tensor, tensor } from '../tensor.ts';

/** One class a sample: an i32 tensor [N] or numbers. What is no output of the network is refused; in a tensor it gives NaN. */
export type Targets = Tensor | readonly number[] | Int32Array<ArrayBuffer>;

/** @throws ArgumentError unless these are a network and its input */
export function checkSubject(network: unknown, x: unknown): void {
  checkNetwork(network);
  if (!(x instanceof Tensor)) throw new ArgumentError('x', `the input of the network must be a tensor, not ${kindOf(x)}`);
}

/** @throws ArgumentError unless this is a network */
export function checkNetwork(network: unknown): void {
  const { forward, eval: evaluate, train } = (network ?? {}) as Partial<Record<'forward' | 'eval' | 'train', unknown>>;
  if ([forward, evaluate, train].every((method) => typeof method === 'function')) return;
  throw new ArgumentError('network', `it must be a network such as buildNetwork makes, not ${kindOf(network)}`);
}

/** Runs `fn` with the network in evaluation mode and puts its mode back. */
export function inEvaluation<T>(network: Network, fn: () => T): T {
  checkNetwork(network);
  const { training } = network;
  network.eval();
  try {
    return fn();
  } finally {
    network.train(training);
  }
}

/**
 * The targets as a tensor [N].
 * @param classes outputs of the network; where they are not known, a class beyond them gives NaN later
 * @throws ShapeError unless there is one for each sample; ConfigError for a number that is no class; DTypeError for a tensor that is not i32
 */
export function targetTensor(targets: Targets, samples: number, like: Tensor, classes = Number.POSITIVE_INFINITY): Tensor {
  if (targets instanceof Tensor) {
    if (targets.dtype !== 'i32') throw new DTypeError('targets', targets.dtype, 'they must be i32', 'i32');
    if (targets.rank !== 1 || targets.shape[0] !== samples) throw countError(targets.shape, samples);
    return targets;
  }
  checkTargets(targets, samples, classes);
  return tensor(Int32Array.from(targets), undefined, { dtype: 'i32', device: like.device });
}

const countError = (shape: Shape, samples: number) =>
  new ShapeError('targets', [shape], `there must be one class for each of the ${samples} samples`);

/** @throws ShapeError unless there is one target for each sample; ConfigError for one that is no class */
export function checkTargets(targets: ArrayLike<number>, samples: number, classes: number): void {
  if (!Array.isArray(targets) && !ArrayBuffer.isView(targets)) {
    throw new ArgumentError('targets', `they must be a list of classes, one for each sample, not ${kindOf(targets)}`);
  }
  if (targets.length !== samples) throw countError([targets.length], samples);
  for (let n = 0; n < samples; n++) {
    const target = targets[n] as number;
    if (!Number.isInteger(target) || target < 0 || target >= classes) {
      throw new ConfigError(
        `targets[${n}]`,
        `${target} is no class of this network; use a whole number from 0${classes < Number.POSITIVE_INFINITY ? ` to ${classes - 1}` : ''}.`,
      );
    }
  }
}

/** The same values as a leaf that gradients reach. */
export function asInput(x: Tensor): Tensor {
  const leaf = x.detach();
  leaf.requiresGrad = true;
  return leaf;
}

/** ∂(Σ_n S_{c_n}(x_n))/∂x, S the network's output before any softmax: [N, …], one gradient a sample. */
export function scoreGradient(network: Network, x: Tensor, targets: Targets): Tensor {
  checkSubject(network, x);
  return inEvaluation(network, () =>
    scope(() => {
      const input = asInput(x);
      const scores = network.forward(input);
      const upstream = selection(scores, targets);
      return grad(scores, [input], { gradOutput: upstream })[0] as Tensor;
    }),
  );
}

/** One-hot rows that select each sample's class from scores [N, classes]. */
export function selection(scores: Tensor, targets: Targets): Tensor {
  if (scores.rank !== 2) throw new ShapeError('scores', [scores.shape], 'a network that classifies puts out [N, classes]');
  const [samples, classes] = scores.shape as [number, number];
  return oneHot(targetTensor(targets, samples, scores, classes), classes);
}

/** @throws ShapeError unless a layer's output is [N, H, W, C] */
export function checkMaps(op: string, activation: Tensor): void {
  checkTensor(op, activation, 'the activation');
  if (activation.rank !== 4) throw new ShapeError(op, [activation.shape], 'the layer must put out maps [N, H, W, C]');
}

/** A layer's output and the gradient of each sample's class score with respect to it. */
export interface LayerGradient {
  /** A, [N, H, W, C] or [N, F]. */
  readonly activation: Tensor;
  /** G = ∂S_c/∂A, of the same shape. */
  readonly gradient: Tensor;
  /** The network's output. */
  readonly scores: Tensor;
}

/**
 * A and ∂S_c/∂A for one layer.
 * @param targets one class a sample, or how to choose them from the scores [N, classes]
 */
export function layerGradient(
  network: Network,
  x: Tensor,
  targets: Targets | ((scores: Tensor) => Targets),
  layer: LayerKey,
): LayerGradient {
  checkSubject(network, x);
  return inEvaluation(network, () =>
    scope(() => {
      const { output, activations } = network.forward(asInput(x), { capture: [layer] });
      const activation = activations.get(String(layer)) as Tensor;
      const chosen = typeof targets === 'function' ? targets(output.detach()) : targets;
      const gradient = grad(output, [activation], { gradOutput: selection(output, chosen) })[0] as Tensor;
      return { activation: activation.detach(), gradient, scores: output.detach() };
    }),
  );
}
