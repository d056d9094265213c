/**
 * jax-js in its best idiomatic form: NCHW as its convolution wants, every workload one `jit`-compiled function, gradients by
 * `vjp`/`valueAndGrad` inside the jit, the update inside it too, `blockUntilReady` at the end of a batch.
 */
import { blockUntilReady, defaultDevice, init, type JaxArray, jit, lax, nn, numpy as np, vjp } from '@jax-js/jax';
import type { AdapterDescription, Library, Prepared, Runtime, Workload } from '../cases/case.ts';
import { permute } from '../cases/data.ts';
import { ADAM, BATCH_NORM_EPSILON, type Operand, operands } from '../cases/operands.ts';
import { CPU_ADAPTER, watchAdapter } from './adapters.ts';
import { prepareForward, prepareTraining } from './jax-js-network.ts';

export const jaxJs: Library = {
  name: 'jax-js',
  backends: ['webgpu', 'wasm'],
  async open(backend) {
    const device = backend as 'webgpu' | 'wasm';
    const { value: available, adapter } = await watchAdapter(() => init(device));
    if (!available.includes(device)) throw new Error(`jax-js has no ${device} device here`);
    // Its pool has a worker for every core where memory can be shared, and says so nowhere.
    const threads = crossOriginIsolated ? navigator.hardwareConcurrency : 1;
    return new JaxRuntime(device, adapter ?? { ...CPU_ADAPTER, threads });
  },
};

class JaxRuntime implements Runtime {
  readonly version = __PEER_VERSIONS__['@jax-js/jax'] ?? '';
  readonly device: 'webgpu' | 'wasm';
  readonly adapter: AdapterDescription;

  constructor(device: 'webgpu' | 'wasm', adapter: AdapterDescription) {
    this.device = device;
    this.adapter = adapter;
  }

  unsupported(): string | undefined {
    return undefined;
  }

  async prepare(workload: Workload): Promise<Prepared> {
    // The default device is global, so every entry point sets it: other jax-js devices are measured in the same page.
    const use = <T>(f: () => T): T => {
      defaultDevice(this.device);
      return f();
    };
    defaultDevice(this.device);
    const prepared =
      workload.type === 'training-step'
        ? await prepareTraining(workload.network)
        : workload.type === 'forward'
          ? await prepareForward(workload.network)
          : await prepareKernel(workload);
    return {
      run: (n) => use(() => prepared.run(n)),
      check: (steps) => use(() => prepared.check(steps)),
      dispose: () => use(() => prepared.dispose()),
    };
  }
}

/** Elements of results that a batch keeps before it waits: 1 GiB. */
const MOST_KEPT = 2 ** 28;

type Axes = readonly number[];
const TO_NCHW: Axes = [0, 3, 1, 2];
const TO_NHWC: Axes = [0, 2, 3, 1];
const TO_OIHW: Axes = [3, 2, 0, 1];
const TO_HWIO: Axes = [2, 3, 1, 0];

async function prepareKernel(workload: Workload): Promise<Prepared> {
  const input = operands(workload);
  const images = ['conv2d', 'max-pool'].includes(workload.type);
  const put = (name: string, operand: Operand): JaxArray => {
    if (!images) return np.array(operand.values, { shape: [...operand.shape] });
    const axes = name === 'weight' ? TO_OIHW : TO_NCHW;
    return np.array(permute(operand.values, operand.shape, axes), { shape: axes.map((axis) => operand.shape[axis] ?? 1) });
  };
  const names = Object.keys(input);
  const tensors = names.map((name) => put(name, input[name] as Operand));
  await blockUntilReady(tensors);
  const f = jit((...args: JaxArray[]) =>
    kernel(workload, Object.fromEntries(names.map((name, i) => [name, args[i] as JaxArray]))),
  );
  const call = () => f(...tensors.map((tensor) => tensor.ref));
  return {
    async run(n) {
      // jax-js is lazy: a result that is disposed before it was awaited might never be computed, so a batch keeps them.
      let results: JaxArray[] = [];
      for (let i = 1; i <= n; i++) {
        results.push(...call());
        const elements = results.reduce((sum, result) => sum + size(result.shape), 0);
        if (i < n && elements < MOST_KEPT) continue;
        await blockUntilReady(results);
        for (const result of results) result.dispose();
        results = [];
      }
    },
    async check() {
      const [result, ...others] = call() as [JaxArray, ...JaxArray[]];
      for (const other of others) other.dispose();
      const { shape } = result;
      const values = await result.data();
      if (!images) return values;
      const back = workload.type === 'conv2d' && workload.pass === 'weight-gradient' ? TO_HWIO : TO_NHWC;
      return permute(values, shape, back);
    },
    dispose() {
      f.dispose();
      for (const tensor of tensors) tensor.dispose();
    },
  };
}

/** One workload as a traced function; it consumes its arguments, as jax-js asks. Most have one result. */
function kernel(workload: Workload, x: Record<string, JaxArray>): JaxArray[] {
  const take = (name: string): JaxArray => x[name] as JaxArray;
  if (workload.type === 'adam') return adamUpdate(take('theta'), take('g'), take('m'), take('v'));
  if (workload.type === 'batch-norm' && workload.pass === 'training') {
    const [y, pullBack] = vjp((input, gamma, beta) => batchNorm(input, gamma, beta), [take('x'), take('gamma'), take('beta')]);
    const gradients = pullBack(take('dy'));
    pullBack.dispose();
    return [...gradients, y];
  }
  return [operation(workload, take)];
}

function operation(workload: Workload, take: (name: string) => JaxArray): JaxArray {
  switch (workload.type) {
    case 'matmul':
      return np.matmul(take('a'), take('b'));
    case 'add':
      return take('a').add(take('b'));
    case 'relu':
      return nn.relu(take('x'));
    case 'sum':
      return take('x').sum();
    case 'max-pool':
      return maxPool(take('x'));
    case 'batch-norm':
      return batchNorm(take('x'), take('gamma'), take('beta'));
    case 'conv2d': {
      const padding: [number, number][] = [
        [workload.padding, workload.padding],
        [workload.padding, workload.padding],
      ];
      const conv = (input: JaxArray, weight: JaxArray) => lax.conv(input, weight, [1, 1], padding);
      if (workload.pass === 'forward') return conv(take('x'), take('weight'));
      if (workload.pass === 'weight-gradient') {
        const { c, o, kernel: width } = workload;
        const zero = np.array(new Float32Array(o * c * width * width), { shape: [o, c, width, width] });
        return firstGradient((weight) => conv(take('x'), weight), zero, take('dy'));
      }
      const { n, c, h, w } = workload;
      const zero = np.array(new Float32Array(n * c * h * w), { shape: [n, c, h, w] });
      return firstGradient((input) => conv(input, take('weight')), zero, take('dy'));
    }
    default:
      throw new Error(`no kernel '${workload.type}'`);
  }
}

/** Vector–Jacobian product of `f` at `x`. The convolution is linear in each argument, so any `x` serves there. */
function firstGradient(f: (x: JaxArray) => JaxArray, x: JaxArray, dy: JaxArray): JaxArray {
  const [y, pullBack] = vjp(f, [x]);
  y.dispose();
  const [gradient] = pullBack(dy);
  pullBack.dispose();
  return gradient as JaxArray;
}

function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function maxPool(x: JaxArray): JaxArray {
  return lax.reduceWindow(x, np.max, [2, 2], [2, 2]);
}

function batchNorm(x: JaxArray, gamma: JaxArray, beta: JaxArray): JaxArray {
  const mean = np.mean(x.ref, 0);
  const centred = x.sub(mean);
  const variance = np.mean(np.square(centred.ref), 0);
  return centred
    .div(np.sqrt(variance.add(BATCH_NORM_EPSILON)))
    .mul(gamma)
    .add(beta);
}

function adamUpdate(theta: JaxArray, g: JaxArray, m: JaxArray, v: JaxArray): JaxArray[] {
  const { learningRate, beta1, beta2, epsilon, t } = ADAM;
  const nextM = m.mul(beta1).add(g.ref.mul(1 - beta1));
  const nextV = v.mul(beta2).add(np.square(g).mul(1 - beta2));
  const step = nextM.ref.div(1 - beta1 ** t).div(np.sqrt(nextV.ref.div(1 - beta2 ** t)).add(epsilon));
  return [theta.sub(step.mul(learningRate)), nextM, nextV];
}
