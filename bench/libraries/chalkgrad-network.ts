/** Whole networks in the engine: built from a definition, a training step recorded once and replayed, as its Trainer does. */
import type { RecordingDevice, TuningWork } from '../../engine/index.ts';
import { crossEntropy, keep, mseLoss, neg, noGrad, scope, type Tensor, tensor } from '../../engine/index.ts';
import type { LayerDefinition, NetworkDefinition } from '../../engine/nn/definition.ts';
import { buildNetwork, type Network as EngineNetwork } from '../../engine/nn/network.ts';
import type { OptimiserConfig } from '../../engine/optim/config.ts';
import { createOptimiser } from '../../engine/optim/optimiser.ts';
import type { Prepared, Workload } from '../cases/case.ts';
import { initialParameters, type Layer, type Network, trainingBatch } from '../cases/network.ts';
import { operands } from '../cases/operands.ts';
import { choicesFor } from './chalkgrad-choices.ts';
import { stepKernels } from './chalkgrad-step-kernels.ts';

/** Told of the kernels of a recording before it runs for the first time. */
export type Tune = (device: RecordingDevice, work: readonly TuningWork[]) => Promise<void>;

export async function prepareTraining(device: RecordingDevice, network: Network, tune: Tune): Promise<Prepared> {
  const batch = trainingBatch(network);
  const model = createModel(network);
  const images = imageTensor(network, batch.images);
  const targets =
    network.loss === 'cross-entropy'
      ? keep(tensor(batch.labels, [network.batch], { dtype: 'i32' }))
      : imageTensor(network, batch.targets);
  const optimiser = createOptimiser(model, optimiserConfig(network));
  const recording = device.record(() =>
    keep(
      scope(() => {
        const output = model.forward(images);
        const loss = network.loss === 'cross-entropy' ? crossEntropy(output, targets) : mseLoss(output, targets);
        optimiser.apply(optimiser.gradients(loss));
        return loss;
      }),
    ),
  );
  await tune(device, recording.runs);
  await device.prepare(recording.runs);
  const step = () => {
    // Writes the step's learning rate and bias corrections; everything else is in the recording.
    optimiser.prepare();
    recording.execute();
    device.flush();
  };
  return {
    async run(n) {
      for (let i = 0; i < n; i++) step();
      await device.sync();
    },
    async check(steps) {
      const losses = new Float32Array(steps);
      for (let i = 0; i < steps; i++) {
        step();
        losses[i] = await recording.result.item();
      }
      return losses;
    },
    dispose() {
      recording.result.dispose();
      recording.dispose();
      optimiser.dispose();
      model.dispose();
      images.dispose();
      targets.dispose();
    },
    variant: 'recorded step',
    choices: choicesFor(device, recording.runs),
    get dispatches() {
      return recording.dispatches;
    },
    takeApart: () => stepKernels(device, recording.runs),
  };
}

export async function prepareForward(device: RecordingDevice, network: Network, tune: Tune): Promise<Prepared> {
  const model = createModel(network).eval();
  const images = imageTensor(network, trainingBatch(network).images);
  const recording = device.record(() => keep(scope(() => noGrad(() => model.forward(images)))));
  await tune(device, recording.runs);
  await device.prepare(recording.runs);
  return {
    async run(n) {
      for (let i = 0; i < n; i++) recording.execute();
      await device.sync();
    },
    async check() {
      recording.execute();
      return Float32Array.from(await recording.result.data());
    },
    dispose() {
      recording.result.dispose();
      recording.dispose();
      model.dispose();
      images.dispose();
    },
    variant: 'recorded pass',
    choices: choicesFor(device, recording.runs),
    get dispatches() {
      return recording.dispatches;
    },
  };
}

/** Negates a tensor again and again: the smaller it is, the more of the time is that of the dispatches. */
export function prepareReplay(device: RecordingDevice, workload: Extract<Workload, { type: 'replay' }>): Prepared {
  const x = keep(tensor(operands(workload).x?.values ?? new Float32Array(0)));
  const recording = device.record(() =>
    keep(
      scope(() => {
        let y = x;
        for (let i = 0; i < workload.dispatches; i++) y = neg(y);
        return y;
      }),
    ),
  );
  return {
    async run(n) {
      for (let i = 0; i < n; i++) recording.execute();
      await device.sync();
    },
    async check() {
      recording.execute();
      return Float32Array.from(await recording.result.data());
    },
    dispose() {
      recording.result.dispose();
      recording.dispose();
      x.dispose();
    },
    variant: 'recorded step',
    choices: choicesFor(device, recording.runs),
    get dispatches() {
      return recording.dispatches;
    },
  };
}

function createModel(network: Network): EngineNetwork {
  const model = buildNetwork(definition(network), { inputShape: network.input, rng: 1 }).train();
  const own = new Map(model.namedParameters());
  const names = engineNames(network);
  for (const { name, values } of initialParameters(network)) {
    const parameter = own.get(names(name));
    if (!parameter) throw new Error(`the engine's network has no parameter '${names(name)}' for '${name}'`);
    parameter.write(values);
  }
  return model;
}

function optimiserConfig({ optimizer }: Network): OptimiserConfig {
  if (optimizer.type === 'adam') {
    const { learningRate, beta1, beta2, epsilon } = optimizer;
    return { type: 'adam', lr: learningRate, betas: [beta1, beta2], eps: epsilon };
  }
  return { type: 'sgd', lr: optimizer.learningRate, momentum: optimizer.momentum, weightDecay: optimizer.weightDecay };
}

/** A network with skip connections is the engine's UNet; the others are lists of layers. */
function isUNet(network: Network): boolean {
  return network.layers.some((layer) => layer.type === 'concat');
}

function definition(network: Network): NetworkDefinition {
  if (!isUNet(network)) return network.layers.flatMap((layer, i) => layerDefinition(layer, network.layers[i - 1]));
  const depth = 1 + network.layers.filter((layer) => layer.type === 'save').length;
  const [first] = network.layers;
  if (first?.type !== 'conv') throw new Error('a UNet begins with a convolution');
  return [{ type: 'unet', in: first.in, out: network.classes, depth, maps: first.out }];
}

function layerDefinition(layer: Layer, before: Layer | undefined): LayerDefinition[] {
  switch (layer.type) {
    case 'conv':
      return [{ type: 'conv2d', in: layer.in, out: layer.out, kernel: layer.kernel, padding: layer.padding, name: layer.name }];
    case 'linear':
      return [{ type: 'linear', in: layer.in, out: layer.out, name: layer.name }];
    case 'batchNorm':
      return [{ type: before?.type === 'linear' ? 'batchnorm1d' : 'batchnorm2d', features: layer.features, name: layer.name }];
    case 'relu':
    case 'flatten':
      return [{ type: layer.type }];
    case 'maxPool':
      return [{ type: 'maxpool2d', kernel: 2 }];
    case 'globalAveragePool':
      return [{ type: 'globalavgpool2d' }, { type: 'flatten' }];
    default:
      throw new Error(`'${layer.type}' stands only in the UNet`);
  }
}

/** From the benchmark's parameter names to the engine's, which are PyTorch's: layer indices, or dlmbl-unet's paths. */
function engineNames(network: Network): (name: string) => string {
  if (!isUNet(network)) {
    const indices = new Map(network.layers.map((layer, i) => ['name' in layer ? layer.name : '', i]));
    return (name) => {
      const [layer = '', kind = ''] = name.split('.');
      return `${indices.get(layer)}.${kind}`;
    };
  }
  const depth = 1 + network.layers.filter((layer) => layer.type === 'save').length;
  return (name) => {
    const [, side = '', level = '', half = '', kind = ''] = /^(down|up|bottom|head)(\d*)([ab]?)\.(weight|bias)$/.exec(name) ?? [];
    if (side === 'head') return `0.final_conv.final_conv.${kind}`;
    const list = side === 'up' ? 'right_convs' : 'left_convs';
    const index = side === 'bottom' ? depth - 1 : level;
    return `0.${list}.${index}.conv_pass.${half === 'b' ? 2 : 0}.${kind}`;
  };
}

function imageTensor(network: Network, values: Float32Array): Tensor {
  return keep(tensor(values, [network.batch, ...network.input]));
}
