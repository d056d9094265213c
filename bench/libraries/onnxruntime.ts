/**
 * onnxruntime-web with its WebGPU execution provider: forward passes only (it does not train). Inputs are bound as GPU buffers once,
 * outputs stay on the GPU, weights are initialisers so that it may pre-pack them.
 */
import * as ort from 'onnxruntime-web/webgpu';
import type { AdapterDescription, Library, Prepared, Runtime, Workload } from '../cases/case.ts';
import { convOutput } from '../cases/case.ts';
import { permute } from '../cases/data.ts';
import { initialParameters, inputShapes, type Network, trainingBatch } from '../cases/network.ts';
import { type Operand, operands } from '../cases/operands.ts';
import { CPU_ADAPTER, watchAdapter } from './adapters.ts';
import { type OnnxGraph, type OnnxNode, type OnnxTensor, onnxModel } from './onnx-model.ts';

export const onnxruntime: Library = {
  name: 'onnxruntime-web',
  backends: ['webgpu'],
  async open() {
    ort.env.wasm.wasmPaths = '/peers/onnxruntime-web/dist/';
    ort.env.logLevel = 'error';
    const { adapter } = await watchAdapter(async () => {
      const model = kernelModel({ type: 'relu', count: 4 }, { x: { shape: [4], values: new Float32Array(4) } });
      const session = await createSession(model.graph);
      await session.release();
    });
    return new OnnxRuntime(adapter ?? CPU_ADAPTER);
  },
};

interface Model {
  readonly graph: OnnxGraph;
  readonly feeds: Record<string, Operand>;
  /** From the model's NCHW output to the canonical NHWC, where they differ. */
  readonly toCanonical?: (values: Float32Array) => Float32Array;
}

class OnnxRuntime implements Runtime {
  readonly version = __PEER_VERSIONS__['onnxruntime-web'] ?? '';
  readonly adapter: AdapterDescription;

  constructor(adapter: AdapterDescription) {
    this.adapter = adapter;
  }

  unsupported(workload: Workload): string | undefined {
    const forward =
      ['matmul', 'add', 'relu', 'sum', 'max-pool', 'forward'].includes(workload.type) ||
      (workload.type === 'conv2d' && workload.pass === 'forward');
    return forward ? undefined : 'onnxruntime-web does not train';
  }

  async prepare(workload: Workload): Promise<Prepared> {
    const model = workload.type === 'forward' ? networkModel(workload.network) : kernelModel(workload, operands(workload));
    const session = await createSession(model.graph);
    const device = await ort.env.webgpu.device;
    const buffers: GPUBuffer[] = [];
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, operand] of Object.entries(model.feeds)) {
      const buffer = device.createBuffer({
        size: operand.values.byteLength,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
      });
      device.queue.writeBuffer(buffer, 0, operand.values.buffer, operand.values.byteOffset, operand.values.byteLength);
      buffers.push(buffer);
      feeds[name] = ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: operand.shape });
    }
    const call = async () => (await session.run(feeds)).y as ort.Tensor;
    return {
      async run(n) {
        for (let i = 0; i < n; i++) (await call()).dispose();
        await device.queue.onSubmittedWorkDone();
      },
      async check() {
        const output = await call();
        const values = Float32Array.from(await output.getData());
        output.dispose();
        return model.toCanonical ? model.toCanonical(values) : values;
      },
      dispose() {
        void session.release().then(() => {
          for (const buffer of buffers) buffer.destroy();
        });
      },
    };
  }
}

function createSession(graph: OnnxGraph): Promise<ort.Session> {
  return ort.InferenceSession.create(onnxModel(graph), {
    executionProviders: ['webgpu'],
    preferredOutputLocation: 'gpu-buffer',
    graphOptimizationLevel: 'all',
  });
}

function kernelModel(workload: Workload, input: Record<string, Operand>): Model {
  const get = (name: string): Operand => input[name] as Operand;
  switch (workload.type) {
    case 'matmul':
      return simple([{ op: 'MatMul', inputs: ['a', 'b'], output: 'y' }], input, [workload.m, workload.n]);
    case 'add':
      return simple([{ op: 'Add', inputs: ['a', 'b'], output: 'y' }], input, [workload.count]);
    case 'relu':
      return simple([{ op: 'Relu', inputs: ['x'], output: 'y' }], input, [workload.count]);
    case 'sum':
      return simple([{ op: 'ReduceSum', inputs: ['x'], output: 'y', attributes: { keepdims: 0 } }], input, []);
    case 'max-pool': {
      const { n, h, w, c } = workload;
      const nodes = [{ op: 'MaxPool', inputs: ['x'], output: 'y', attributes: POOL }];
      return images(nodes, get('x'), [], [n, c, h >> 1, w >> 1]);
    }
    case 'conv2d': {
      const { n, o, kernel, padding: p } = workload;
      const [height, width] = convOutput(workload);
      const attributes = { kernel_shape: [kernel, kernel], pads: [p, p, p, p] };
      const weight = { name: 'weight', ...toOihw(get('weight')) };
      return images(
        [{ op: 'Conv', inputs: ['x', 'weight'], output: 'y', attributes }],
        get('x'),
        [weight],
        [n, o, height, width],
      );
    }
    default:
      throw new Error(`no model for '${workload.type}'`);
  }
}

const POOL = { kernel_shape: [2, 2], strides: [2, 2] };

function simple(nodes: OnnxNode[], feeds: Record<string, Operand>, shape: readonly number[]): Model {
  const inputs = Object.entries(feeds).map(([name, operand]) => ({ name, shape: operand.shape }));
  return { graph: { nodes, inputs, outputs: [{ name: 'y', shape }], initializers: [] }, feeds };
}

/** A model on one NHWC image batch, which it receives as NCHW. */
function images(nodes: OnnxNode[], x: Operand, initializers: OnnxTensor[], shape: readonly number[]): Model {
  const axes = [0, 3, 1, 2];
  const input = { shape: axes.map((axis) => x.shape[axis] ?? 1), values: permute(x.values, x.shape, axes) };
  return {
    graph: { nodes, inputs: [{ name: 'x', shape: input.shape }], outputs: [{ name: 'y', shape }], initializers },
    feeds: { x: input },
    toCanonical: (values) => (shape.length === 4 ? permute(values, shape, [0, 2, 3, 1]) : values),
  };
}

function networkModel(network: Network): Model {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const parameters = new Map(initialParameters(network).map((parameter) => [parameter.name, parameter]));
  const shapes = inputShapes(network);
  network.layers.forEach((layer, i) => {
    const inputs = [i === 0 ? 'x' : `a${i - 1}`];
    const output = i === network.layers.length - 1 ? 'y' : `a${i}`;
    if (layer.type === 'relu') nodes.push({ op: 'Relu', inputs, output });
    else if (layer.type === 'maxPool') nodes.push({ op: 'MaxPool', inputs, output, attributes: POOL });
    else if (layer.type === 'flatten') nodes.push({ op: 'Flatten', inputs, output });
    else if (layer.type === 'conv' || layer.type === 'linear') {
      const names = [`${layer.name}.weight`, `${layer.name}.bias`];
      const [weight, bias] = names.map((name) => parameters.get(name) as Operand) as [Operand, Operand];
      initializers.push({ name: names[1] as string, ...bias });
      if (layer.type === 'conv') {
        const p = layer.padding;
        const attributes = { kernel_shape: [layer.kernel, layer.kernel], pads: [p, p, p, p] };
        initializers.push({ name: names[0] as string, ...toOihw(weight) });
        nodes.push({ op: 'Conv', inputs: [...inputs, ...names], output, attributes });
      } else {
        const [h = 1, w = 1, c = 1] = network.layers[i - 1]?.type === 'flatten' ? (shapes[i - 1] ?? []) : [1, 1, layer.in];
        const values = permute(weight.values, [h, w, c, layer.out], [2, 0, 1, 3]);
        initializers.push({ name: names[0] as string, shape: weight.shape, values });
        nodes.push({ op: 'Gemm', inputs: [...inputs, ...names], output });
      }
    } else throw new Error(`onnxruntime: no '${layer.type}' in the benchmark's forward networks`);
  });
  const x = { shape: [network.batch, ...network.input], values: trainingBatch(network).images };
  return images(nodes, x, initializers, [network.batch, network.classes]);
}

function toOihw(weight: Operand): Operand {
  const axes = [3, 2, 0, 1];
  return { shape: axes.map((axis) => weight.shape[axis] ?? 1), values: permute(weight.values, weight.shape, axes) };
}
