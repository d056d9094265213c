/**
 * TensorFlow.js in its best idiomatic form: NHWC, `tidy`, fused convolution and matmul where they exist, the gradient kernels
 * themselves for the single passes, `variableGrads` and its own optimisers for training. No read-back inside a batch.
 */
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as tf from '@tensorflow/tfjs-core';
import type { AdapterDescription, Library, Prepared, Runtime, Workload } from '../cases/case.ts';
import { ADAM, BATCH_NORM_EPSILON, operands } from '../cases/operands.ts';
import { CPU_ADAPTER, describeWebGL, watchAdapter } from './adapters.ts';
import { prepareForward, prepareTraining } from './tfjs-network.ts';

type BackendName = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

export const tfjs: Library = {
  name: 'tfjs',
  backends: ['webgpu', 'webgl', 'wasm', 'cpu'],
  async open(backend) {
    const name = backend as BackendName;
    await register(name);
    const { value: ok, adapter } = await watchAdapter(async () => {
      const set = await tf.setBackend(name);
      await tf.ready();
      return set;
    });
    if (!ok) throw new Error(`tfjs has no ${name} backend here`);
    tf.enableProdMode();
    if (name === 'webgl') return new TfjsRuntime(name, describeWebGL(webglOf(tf.backend())));
    return new TfjsRuntime(name, adapter ?? { ...CPU_ADAPTER, threads: name === 'wasm' ? await wasmThreads() : 1 });
  },
};

async function register(name: BackendName): Promise<void> {
  if (name === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  else if (name === 'webgl') await import('@tensorflow/tfjs-backend-webgl');
  else if (name === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  else {
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths('/peers/@tensorflow/tfjs-backend-wasm/dist/');
  }
  // Otherwise tensors below 1,000 elements would be computed on the CPU and the backend not measured.
  if (name === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
  if (name === 'webgl') tf.env().set('WEBGL_CPU_FORWARD', false);
}

async function wasmThreads(): Promise<number> {
  return (await import('@tensorflow/tfjs-backend-wasm')).getThreadsCount();
}

function webglOf(backend: object): WebGL2RenderingContext {
  return (backend as { gpgpu: { gl: WebGL2RenderingContext } }).gpgpu.gl;
}

class TfjsRuntime implements Runtime {
  readonly version = __PEER_VERSIONS__['@tensorflow/tfjs-core'] ?? '';
  readonly backend: BackendName;
  readonly adapter: AdapterDescription;

  constructor(backend: BackendName, adapter: AdapterDescription) {
    this.backend = backend;
    this.adapter = adapter;
  }

  unsupported(workload: Workload): string | undefined {
    const convolves = workload.type === 'training-step' && workload.network.layers.some((layer) => layer.type === 'conv');
    const gradient = workload.type === 'conv2d' && workload.pass === 'weight-gradient';
    if (this.backend === 'wasm' && (convolves || gradient)) return 'the wasm backend has no weight gradient of the convolution';
    return undefined;
  }

  async prepare(workload: Workload): Promise<Prepared> {
    // The backend is global, so every entry point sets it: other tfjs backends are measured in the same page.
    const use = async () => {
      await tf.setBackend(this.backend);
    };
    await use();
    const finish: Finish = (last) => finishQueue(this.backend, last);
    const prepared =
      workload.type === 'training-step'
        ? prepareTraining(workload.network, finish)
        : workload.type === 'forward'
          ? prepareForward(workload.network, finish)
          : prepareKernel(workload, finish);
    return {
      async run(n) {
        await use();
        await prepared.run(n);
      },
      async check(steps) {
        await use();
        return prepared.check(steps);
      },
      dispose() {
        void use().then(() => prepared.dispose());
      },
    };
  }
}

/**
 * Waits until the backend has computed everything that was issued. WebGPU: flush its pending commands, wait for the queue. WebGL
 * has no such promise; there one element of the last result is read, which waits for all commands before it.
 */
export async function finishQueue(backend: string, last?: tf.Tensor): Promise<void> {
  if (backend !== 'webgpu') {
    if (!last) return;
    const corner = tf.tidy(() => last.reshape([-1]).slice([0], [1]));
    await corner.data();
    corner.dispose();
    return;
  }
  const webgpu = tf.backend() as WebGpuBackend;
  webgpu.ensureCommandEncoderReady();
  webgpu.endComputePassEncoder();
  webgpu.submitQueue();
  await webgpu.queue.onSubmittedWorkDone();
}

/** What tfjs itself calls before it reads a buffer back. */
interface WebGpuBackend {
  readonly queue: GPUQueue;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

export type Finish = (last?: tf.Tensor) => Promise<void>;

function prepareKernel(workload: Workload, finish: Finish): Prepared {
  const input = operands(workload);
  const tensors = Object.fromEntries(
    Object.entries(input).map(([name, operand]) => [name, tf.tensor(operand.values, [...operand.shape])]),
  );
  const call = () => tf.tidy(() => kernel(workload, tensors));
  return {
    async run(n) {
      for (let i = 0; i < n; i++) {
        const results = call();
        if (i === n - 1) await finish(results[0]);
        for (const result of results) result.dispose();
      }
    },
    async check() {
      const results = call();
      const values = await (results[0] as tf.Tensor).data();
      for (const result of results) result.dispose();
      return values;
    },
    dispose() {
      for (const tensor of Object.values(tensors)) tensor.dispose();
    },
  };
}

function kernel(workload: Workload, x: Record<string, tf.Tensor>): tf.Tensor[] {
  const take = (name: string): tf.Tensor => x[name] as tf.Tensor;
  switch (workload.type) {
    case 'matmul':
      return [tf.matMul(take('a'), take('b'))];
    case 'add':
      return [take('a').add(take('b'))];
    case 'relu':
      return [take('x').relu()];
    case 'sum':
      return [take('x').sum()];
    case 'max-pool':
      return [tf.maxPool(take('x'), 2, 2, 'valid')];
    case 'adam':
      return adamUpdate(take('theta'), take('g'), take('m'), take('v'));
    case 'batch-norm':
      if (workload.pass === 'forward') return [batchNorm(take('x'), take('gamma'), take('beta'))];
      return batchNormTraining([take('x'), take('gamma'), take('beta')], take('dy'));
    case 'conv2d':
      return [convolution(workload, take)];
    default:
      throw new Error(`no kernel '${workload.type}'`);
  }
}

function convolution(workload: Extract<Workload, { type: 'conv2d' }>, take: (name: string) => tf.Tensor): tf.Tensor {
  const { n, h, w, c, o, kernel: size, padding } = workload;
  if (workload.pass === 'forward') return tf.conv2d(take('x'), take('weight'), 1, padding);
  const shared = { strides: [1, 1], pad: padding, dataFormat: 'NHWC' };
  if (workload.pass === 'input-gradient') {
    const inputs = { dy: take('dy'), filter: take('weight') };
    return tf.engine().runKernel('Conv2DBackpropInput', inputs, { ...shared, inputShape: [n, h, w, c] });
  }
  const inputs = { x: take('x'), dy: take('dy') };
  return tf.engine().runKernel('Conv2DBackpropFilter', inputs, { ...shared, filterShape: [size, size, c, o] });
}

function batchNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0]);
  return tf.batchNorm(x, mean, variance, beta, gamma, BATCH_NORM_EPSILON);
}

/** dx, dγ and dβ behind the forward pass. */
function batchNormTraining(inputs: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  return tf.grads((x, gamma, beta) => batchNorm(x as tf.Tensor, gamma as tf.Tensor, beta as tf.Tensor))(inputs, dy);
}

/** The operations of tfjs's AdamOptimizer on one variable, with the corrections as scalars. */
function adamUpdate(theta: tf.Tensor, g: tf.Tensor, m: tf.Tensor, v: tf.Tensor): tf.Tensor[] {
  const { learningRate, beta1, beta2, epsilon, t } = ADAM;
  const nextM = m.mul(beta1).add(g.mul(1 - beta1));
  const nextV = v.mul(beta2).add(g.square().mul(1 - beta2));
  const direction = nextM.div(1 - beta1 ** t).div(
    nextV
      .div(1 - beta2 ** t)
      .sqrt()
      .add(epsilon),
  );
  return [theta.add(direction.mul(-learningRate)), nextM, nextV];
}
