/** Whole networks in TensorFlow.js: `variableGrads` and one of its optimisers per step, inside one `tidy`. */
import * as tf from '@tensorflow/tfjs-core';
import type { Prepared } from '../cases/case.ts';
import { initialParameters, inputShapes, type Layer, type Network, trainingBatch } from '../cases/network.ts';
import { BATCH_NORM_EPSILON } from '../cases/operands.ts';
import { bilinearMatrix } from './bilinear.ts';
import type { Finish } from './tfjs.ts';

interface Model {
  readonly parameters: Record<string, tf.Variable>;
  readonly running: Record<string, tf.Variable>;
  /** Interpolation matrices by size. */
  readonly bilinear: Record<number, tf.Tensor>;
}

/** Names must be unique among all variables of the page. */
let models = 0;

export function prepareTraining(network: Network, finish: Finish): Prepared {
  const batch = trainingBatch(network);
  const images = imageTensor(network, batch.images);
  const targets =
    network.loss === 'cross-entropy'
      ? tf.tidy(() => tf.oneHot(tf.tensor(batch.labels, [network.batch], 'int32'), network.classes))
      : imageTensor(network, batch.targets);
  const model = createModel(network);
  const variables = Object.values(model.parameters);
  const optimizer = createOptimizer(network);
  const decay = network.optimizer.type === 'sgd' ? network.optimizer.weightDecay : 0;
  const advance = (): tf.Tensor =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => lossOf(network, model, images, targets), variables);
      if (decay > 0) {
        for (const variable of variables) {
          const { name } = variable as unknown as { name: string };
          grads[name] = (grads[name] as tf.Tensor).add(variable.mul(decay));
        }
      }
      optimizer.applyGradients(grads);
      return value;
    });
  return {
    async run(n) {
      for (let i = 0; i < n; i++) {
        const loss = advance();
        if (i === n - 1) {
          // The update comes after the loss in the queue, so the wait is for a parameter.
          await finish(variables[0]);
        }
        loss.dispose();
      }
    },
    async check(steps) {
      const losses = new Float32Array(steps);
      for (let i = 0; i < steps; i++) {
        const loss = advance();
        losses[i] = (await loss.data())[0] ?? Number.NaN;
        loss.dispose();
      }
      return losses;
    },
    dispose() {
      optimizer.dispose();
      disposeModel(model);
      images.dispose();
      targets.dispose();
    },
  };
}

export function prepareForward(network: Network, finish: Finish): Prepared {
  const images = imageTensor(network, trainingBatch(network).images);
  const model = createModel(network);
  const call = () => tf.tidy(() => forward(network, model, images, false));
  return {
    async run(n) {
      for (let i = 0; i < n; i++) {
        const output = call();
        if (i === n - 1) await finish(output);
        output.dispose();
      }
    },
    async check() {
      const output = call();
      const values = await output.data();
      output.dispose();
      return values;
    },
    dispose() {
      disposeModel(model);
      images.dispose();
    },
  };
}

function lossOf(network: Network, model: Model, images: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const output = forward(network, model, images, true);
  if (network.loss === 'mean-squared-error') return output.sub(targets).square().mean();
  return tf.losses.softmaxCrossEntropy(targets, output);
}

function forward(network: Network, model: Model, images: tf.Tensor, training: boolean): tf.Tensor {
  const saved = new Map<string, tf.Tensor>();
  const shapes = inputShapes(network);
  let x = images;
  let fusedRelu = false;
  network.layers.forEach((layer, i) => {
    if (layer.type === 'relu' && fusedRelu) {
      fusedRelu = false;
      return;
    }
    fusedRelu = (layer.type === 'conv' || layer.type === 'linear') && network.layers[i + 1]?.type === 'relu';
    x = applyLayer(layer, x, { model, saved, shape: shapes[i] ?? [], relu: fusedRelu, training });
  });
  return x;
}

interface Context {
  readonly model: Model;
  readonly saved: Map<string, tf.Tensor>;
  readonly shape: readonly number[];
  /** The following ReLU is fused into this layer. */
  readonly relu: boolean;
  readonly training: boolean;
}

function applyLayer(layer: Layer, x: tf.Tensor, context: Context): tf.Tensor {
  const { model, shape } = context;
  const parameter = (suffix: string) => model.parameters[`${(layer as { name: string }).name}.${suffix}`] as tf.Variable;
  const activation = context.relu ? 'relu' : 'linear';
  switch (layer.type) {
    case 'conv':
      return tf.fused.conv2d({
        x,
        filter: parameter('weight'),
        strides: 1,
        pad: layer.padding,
        bias: parameter('bias'),
        activation,
      });
    case 'linear':
      return tf.fused.matMul({ a: x, b: parameter('weight'), bias: parameter('bias'), activation });
    case 'relu':
      return x.relu();
    case 'maxPool':
      return tf.maxPool(x, 2, 2, 'valid');
    case 'batchNorm': {
      const { mean, variance } = tf.moments(x, x.shape.length === 4 ? [0, 1, 2] : [0]);
      if (context.training) updateRunning(layer, model, mean, variance, x);
      return tf.batchNorm(x, mean, variance, parameter('bias'), parameter('weight'), BATCH_NORM_EPSILON);
    }
    case 'flatten':
      return x.reshape([x.shape[0] ?? 1, -1]);
    case 'globalAveragePool':
      return x.mean([1, 2]);
    case 'upsample':
      return upsample(x, shape, model);
    case 'save':
      context.saved.set(layer.as, x);
      return x;
    case 'concat':
      return tf.concat([context.saved.get(layer.with) as tf.Tensor, x], 3);
  }
}

function updateRunning(
  layer: { name: string; features: number },
  model: Model,
  mean: tf.Tensor,
  variance: tf.Tensor,
  x: tf.Tensor,
): void {
  const count = x.shape.reduce((a, b) => a * b, 1) / layer.features;
  const runningMean = model.running[`${layer.name}.mean`] as tf.Variable;
  const runningVariance = model.running[`${layer.name}.variance`] as tf.Variable;
  runningMean.assign(runningMean.mul(0.9).add(mean.mul(0.1)));
  runningVariance.assign(runningVariance.mul(0.9).add(variance.mul((0.1 * count) / (count - 1))));
}

/** Bilinear ×2 as two matrix products: the gradient kernel of tfjs's resize ignores half-pixel centres. */
function upsample(x: tf.Tensor, [h = 0, w = 0, c = 0]: readonly number[], model: Model): tf.Tensor {
  const n = x.shape[0] ?? 1;
  const rows = tf.matMul(model.bilinear[h] as tf.Tensor, x.reshape([n, h, w * c]));
  return tf.matMul(model.bilinear[w] as tf.Tensor, rows.reshape([n * 2 * h, w, c])).reshape([n, 2 * h, 2 * w, c]);
}

function createModel(network: Network): Model {
  const prefix = `bench${models++}/`;
  const variable = (name: string, values: Float32Array, shape: readonly number[], trainable: boolean) =>
    tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), trainable, prefix + name));
  const model: Model = { parameters: {}, running: {}, bilinear: {} };
  for (const { name, values, shape } of initialParameters(network)) model.parameters[name] = variable(name, values, shape, true);
  for (const layer of network.layers) {
    if (layer.type !== 'batchNorm') continue;
    const ones = new Float32Array(layer.features).fill(1);
    model.running[`${layer.name}.mean`] = variable(`${layer.name}.mean`, new Float32Array(ones.length), [ones.length], false);
    model.running[`${layer.name}.variance`] = variable(`${layer.name}.variance`, ones, [ones.length], false);
  }
  network.layers.forEach((layer, i) => {
    if (layer.type !== 'upsample') return;
    for (const size of (inputShapes(network)[i] ?? []).slice(0, 2)) {
      model.bilinear[size] ??= tf.tensor(bilinearMatrix(size), [1, 2 * size, size]);
    }
  });
  return model;
}

function createOptimizer({ optimizer }: Network): tf.Optimizer {
  if (optimizer.type === 'adam') {
    return tf.train.adam(optimizer.learningRate, optimizer.beta1, optimizer.beta2, optimizer.epsilon);
  }
  return optimizer.momentum > 0
    ? tf.train.momentum(optimizer.learningRate, optimizer.momentum)
    : tf.train.sgd(optimizer.learningRate);
}

function disposeModel(model: Model): void {
  for (const group of Object.values(model))
    for (const tensor of Object.values(group as Record<string, tf.Tensor>)) tensor.dispose();
}

function imageTensor(network: Network, values: Float32Array): tf.Tensor {
  return tf.tensor(values, [network.batch, ...network.input]);
}
