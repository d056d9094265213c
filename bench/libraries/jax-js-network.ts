/** Whole networks in jax-js: one jitted function per training step, parameters in and out, as in JAX. */
import { blockUntilReady, type JaxArray, jit, lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { Prepared } from '../cases/case.ts';
import { permute } from '../cases/data.ts';
import {
  initialParameters,
  inputShapes,
  type Layer,
  type Network,
  type Optimizer,
  type Parameter,
  trainingBatch,
} from '../cases/network.ts';
import { BATCH_NORM_EPSILON } from '../cases/operands.ts';
import { bilinearMatrix } from './bilinear.ts';
import { maxPool } from './jax-js.ts';

type Arrays = Record<string, JaxArray>;
type State = { parameters: Arrays; running: Arrays; first: Arrays; second: Arrays };

/** Trains on one fixed batch; the labels become one-hot rows once, before timing. */
export async function prepareTraining(network: Network): Promise<Prepared> {
  const batch = trainingBatch(network);
  const images = imageArray(network, batch.images);
  const targets = network.loss === 'cross-entropy' ? oneHot(batch.labels, network.classes) : imageArray(network, batch.targets);
  let state = initialState(network);
  const step = jit((current: State, x: JaxArray, y: JaxArray, rate: JaxArray[]) => trainingStep(network, current, x, y, rate));
  let t = 0;
  const advance = (): JaxArray => {
    t += 1;
    const result = step(state, images.ref, targets.ref, stepSize(network.optimizer, t));
    state = result.state;
    return result.loss;
  };
  const wait = async (loss: JaxArray) => {
    await blockUntilReady([loss, ...Object.values(state.parameters)]);
    loss.dispose();
  };
  return {
    async run(n) {
      for (let i = 0; i < n; i++) {
        const loss = advance();
        if (i === n - 1) await wait(loss);
        else loss.dispose();
      }
    },
    async check(steps) {
      const losses = new Float32Array(steps);
      for (let i = 0; i < steps; i++) losses[i] = (await advance().data())[0] ?? Number.NaN;
      return losses;
    },
    dispose() {
      for (const group of Object.values(state)) for (const array of Object.values(group)) array.dispose();
      images.dispose();
      targets.dispose();
      step.dispose();
    },
  };
}

export async function prepareForward(network: Network): Promise<Prepared> {
  const images = imageArray(network, trainingBatch(network).images);
  const { parameters, ...rest } = initialState(network);
  for (const group of Object.values(rest)) for (const array of Object.values(group)) array.dispose();
  const f = jit((p: Arrays, x: JaxArray) => forward(network, p, x).output);
  const call = () => f(refs(parameters), images.ref);
  return {
    async run(n) {
      const outputs = Array.from({ length: n }, call);
      await blockUntilReady(outputs);
      for (const output of outputs) output.dispose();
    },
    check: () => call().data(),
    dispose() {
      for (const array of [...Object.values(parameters), images]) array.dispose();
      f.dispose();
    },
  };
}

function trainingStep(
  network: Network,
  state: State,
  x: JaxArray,
  y: JaxArray,
  rate: JaxArray[],
): { loss: JaxArray; state: State } {
  const lossOf = (parameters: Arrays, input: JaxArray, target: JaxArray): [JaxArray, Arrays] => {
    const { output, statistics } = forward(network, parameters, input);
    if (network.loss === 'mean-squared-error') return [np.mean(np.square(output.sub(target))), statistics];
    const logProbability = nn.logSoftmax(output, -1);
    return [
      logProbability
        .mul(target)
        .sum()
        .mul(-1 / network.batch),
      statistics,
    ];
  };
  const [[loss, statistics], gradients] = valueAndGrad(lossOf, { hasAux: true })(refs(state.parameters), x, y);
  const next: State = { parameters: {}, running: {}, first: {}, second: {} };
  for (const [name, value] of Object.entries(state.running)) {
    next.running[name] = value.mul(0.9).add((statistics[name] as JaxArray).mul(0.1));
  }
  for (const [name, parameter] of Object.entries(state.parameters)) {
    const moments = { first: state.first[name], second: state.second[name] };
    const updated = update(
      network.optimizer,
      parameter,
      gradients[name] as JaxArray,
      moments,
      rate.map((one) => one.ref),
    );
    next.parameters[name] = updated.parameter;
    if (updated.first) next.first[name] = updated.first;
    if (updated.second) next.second[name] = updated.second;
  }
  for (const one of rate) one.dispose();
  return { loss, state: next };
}

interface Updated {
  parameter: JaxArray;
  first?: JaxArray;
  second?: JaxArray;
}

function update(
  optimizer: Optimizer,
  parameter: JaxArray,
  gradient: JaxArray,
  moments: { first: JaxArray | undefined; second: JaxArray | undefined },
  [rate, correction]: readonly JaxArray[],
): Updated {
  const eta = rate as JaxArray;
  if (optimizer.type === 'sgd') {
    let direction = optimizer.weightDecay > 0 ? gradient.add(parameter.ref.mul(optimizer.weightDecay)) : gradient;
    if (!moments.first) return { parameter: parameter.sub(direction.mul(eta)) };
    direction = moments.first.mul(optimizer.momentum).add(direction);
    return { parameter: parameter.sub(direction.ref.mul(eta)), first: direction };
  }
  const { beta1, beta2, epsilon } = optimizer;
  const first = (moments.first as JaxArray).mul(beta1).add(gradient.ref.mul(1 - beta1));
  const second = (moments.second as JaxArray).mul(beta2).add(np.square(gradient).mul(1 - beta2));
  const denominator = np
    .sqrt(second.ref)
    .mul(correction as JaxArray)
    .add(epsilon);
  return { parameter: parameter.sub(first.ref.mul(eta).div(denominator)), first, second };
}

/** η for SGD, [η / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ)] for Adam: arrays, so that no constant of the jit changes from step to step. */
function stepSize(optimizer: Optimizer, t: number): JaxArray[] {
  if (optimizer.type === 'sgd') return [np.array([optimizer.learningRate])];
  const rate = optimizer.learningRate / (1 - optimizer.beta1 ** t);
  return [np.array([rate]), np.array([1 / Math.sqrt(1 - optimizer.beta2 ** t)])];
}

/** Consumes the parameters and the input. `statistics` are the batch means and unbiased variances of the batch normalisations. */
function forward(network: Network, parameters: Arrays, input: JaxArray): { output: JaxArray; statistics: Arrays } {
  const statistics: Arrays = {};
  const saved = new Map<string, JaxArray>();
  const shapes = inputShapes(network);
  let x = input;
  network.layers.forEach((layer, i) => {
    x = applyLayer(layer, x, parameters, { statistics, saved, shape: shapes[i] ?? [] });
  });
  return { output: x, statistics };
}

interface Context {
  readonly statistics: Arrays;
  readonly saved: Map<string, JaxArray>;
  readonly shape: readonly number[];
}

function applyLayer(layer: Layer, x: JaxArray, parameters: Arrays, context: Context): JaxArray {
  const take = (suffix: string) => parameters[`${(layer as { name: string }).name}.${suffix}`] as JaxArray;
  switch (layer.type) {
    case 'conv': {
      const padding: [number, number] = [layer.padding, layer.padding];
      return lax.conv(x, take('weight'), [1, 1], [padding, padding]).add(take('bias').reshape([1, layer.out, 1, 1]));
    }
    case 'linear':
      return np.matmul(x, take('weight')).add(take('bias'));
    case 'relu':
      return nn.relu(x);
    case 'maxPool': {
      const [h = 0, w = 0] = context.shape;
      if (h % 2 || w % 2) throw new Error('odd extents need a crop before the pooling; no benchmarked network has them');
      return maxPool(x);
    }
    case 'batchNorm':
      return batchNorm(layer, x, take('weight'), take('bias'), context);
    case 'flatten':
      return x.reshape([x.shape[0] ?? 1, -1]);
    case 'globalAveragePool':
      return x.mean([2, 3]);
    case 'upsample':
      return upsample(x, context.shape);
    case 'save':
      context.saved.set(layer.as, x.ref);
      return x;
    case 'concat':
      return np.concatenate([context.saved.get(layer.with) as JaxArray, x], 1);
  }
}

function batchNorm(
  layer: { name: string; features: number },
  x: JaxArray,
  gamma: JaxArray,
  beta: JaxArray,
  context: Context,
): JaxArray {
  const axes = x.shape.length === 4 ? [0, 2, 3] : [0];
  const broadcast = x.shape.length === 4 ? [1, layer.features, 1, 1] : [1, layer.features];
  const count = x.shape.reduce((a, b) => a * b, 1) / layer.features;
  const mean = np.mean(x.ref, axes);
  const centred = x.sub(mean.ref.reshape(broadcast));
  const variance = np.mean(np.square(centred.ref), axes);
  context.statistics[`${layer.name}.mean`] = mean;
  context.statistics[`${layer.name}.variance`] = variance.ref.mul(count / (count - 1));
  const scale = gamma.div(np.sqrt(variance.add(BATCH_NORM_EPSILON)));
  return centred.mul(scale.reshape(broadcast)).add(beta.reshape(broadcast));
}

/** Bilinear ×2 as two matrix products, because jax-js has no differentiable resize. */
function upsample(x: JaxArray, [h = 0, w = 0]: readonly number[]): JaxArray {
  const rows = np.array(bilinearMatrix(h), { shape: [2 * h, h] });
  const columns = np.array(bilinearMatrix(w), { shape: [2 * w, w] });
  return np.einsum('nchv,wv->nchw', np.einsum('hu,ncuv->nchv', rows, x), columns);
}

function initialState(network: Network): State {
  const state: State = { parameters: {}, running: {}, first: {}, second: {} };
  for (const parameter of initialParameters(network)) {
    const { values, shape } = channelsFirst(network, parameter);
    state.parameters[parameter.name] = np.array(values, { shape });
    const { optimizer } = network;
    const zeros = () => np.array(new Float32Array(values.length), { shape });
    if (optimizer.type === 'adam' || optimizer.momentum > 0) state.first[parameter.name] = zeros();
    if (optimizer.type === 'adam') state.second[parameter.name] = zeros();
  }
  for (const layer of network.layers) {
    if (layer.type !== 'batchNorm') continue;
    state.running[`${layer.name}.mean`] = np.array(new Float32Array(layer.features));
    state.running[`${layer.name}.variance`] = np.array(new Float32Array(layer.features).fill(1));
  }
  return state;
}

/** HWIO to OIHW, and the rows of a linear layer behind a flatten from (h, w, c) to (c, h, w). */
function channelsFirst(network: Network, parameter: Parameter): { values: Float32Array; shape: number[] } {
  const shape = [...parameter.shape];
  if (shape.length === 4) {
    const axes = [3, 2, 0, 1];
    return { values: permute(parameter.values, shape, axes), shape: axes.map((axis) => shape[axis] ?? 1) };
  }
  const index = network.layers.findIndex((layer) => 'name' in layer && parameter.name === `${layer.name}.weight`);
  if (shape.length === 2 && network.layers[index - 1]?.type === 'flatten') {
    const [h = 1, w = 1, c = 1] = inputShapes(network)[index - 1] ?? [];
    return { values: permute(parameter.values, [h, w, c, shape[1] ?? 1], [2, 0, 1, 3]), shape };
  }
  return { values: parameter.values, shape };
}

function imageArray(network: Network, values: Float32Array): JaxArray {
  const [h, w, c] = network.input;
  return np.array(permute(values, [network.batch, h, w, c], [0, 3, 1, 2]), { shape: [network.batch, c, h, w] });
}

function oneHot(labels: Int32Array, classes: number): JaxArray {
  const values = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    values[i * classes + label] = 1;
  });
  return np.array(values, { shape: [labels.length, classes] });
}

function refs(arrays: Arrays): Arrays {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]));
}
