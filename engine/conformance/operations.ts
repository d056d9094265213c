/** A gradient check for every differentiable operation. Plain functions: they run in Node, in a browser test and on the device-check page. */
import { allOperations } from '../autodiff.ts';
import { type GradCheckOptions, gradCheck } from '../grad-check.ts';
import * as ops from '../ops/index.ts';
import { sizeOf, type Tensor, tensor } from '../tensor.ts';

interface OperationCase {
  /** Name of the operation in `allOperations()`. */
  readonly operation: string;
  readonly what: string;
  readonly fn: (...inputs: Tensor[]) => Tensor;
  readonly inputs: () => Tensor[];
  readonly options?: GradCheckOptions;
}

/** Reproducible values between −1 and 1 without ties. */
function wave(shape: readonly number[], seed = 1): Tensor {
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed * 17.3 + i * i * 0.7 + i * 1.3)),
    shape,
  );
}

/** Values between 0.5 and 2.5. */
const positive = (shape: readonly number[], seed = 1): Tensor => ops.affine(wave(shape, seed), 1, 1.5);

/** Distinct values at least 0.05 apart and never within 0.02 of zero: no kink lies within a step. */
function spread(shape: readonly number[], seed = 1): Tensor {
  const size = sizeOf(shape);
  // Primes, so that every value occurs once.
  const step = [101, 103, 107][seed % 3] as number;
  return tensor(
    Float32Array.from({ length: size }, (_, i) => (((i * step + seed) % size) - Math.floor(size / 2) + 0.45) * 0.05),
    shape,
  );
}

const KINK: GradCheckOptions = { epsilon: 4e-3 };
const SOME: GradCheckOptions = { maxElements: 24 };

function cases(): OperationCase[] {
  const list: OperationCase[] = [];
  const put = (
    operation: string,
    what: string,
    fn: (...inputs: Tensor[]) => Tensor,
    inputs: () => Tensor[],
    options?: GradCheckOptions,
  ) => list.push({ operation, what, fn, inputs, ...(options && { options }) });

  const smooth = {
    neg: ops.neg,
    exp: ops.exp,
    tanh: ops.tanh,
    sigmoid: ops.sigmoid,
    square: ops.square,
    softplus: ops.softplus,
  } as const;
  const geluTanh = (x: Tensor) => ops.gelu(x, { approximate: 'tanh' });
  const more = { sin: ops.sin, cos: ops.cos, tan: ops.tan, erf: ops.erf, gelu: geluTanh, silu: ops.silu } as const;
  for (const [name, fn] of Object.entries({ ...smooth, ...more }))
    put(
      name,
      'smooth',
      (x) => fn(x as Tensor),
      () => [wave([3, 7])],
    );
  put(
    'geluErf',
    'exact form',
    (x) => ops.gelu(x as Tensor, { approximate: 'none' }),
    () => [wave([9])],
  );
  put(
    'affine',
    '2x − 1',
    (x) => ops.affine(x as Tensor, 2, -1),
    () => [wave([9])],
  );
  for (const [name, fn] of Object.entries({ log: ops.log, sqrt: ops.sqrt, rsqrt: ops.rsqrt, reciprocal: ops.reciprocal })) {
    put(
      name,
      'positive',
      (x) => fn(x as Tensor),
      () => [positive([3, 5])],
    );
  }
  for (const [name, fn] of Object.entries({ relu: ops.relu, abs: ops.abs, elu: ops.elu, leakyRelu: ops.leakyRelu })) {
    put(
      name,
      'both sides of the kink',
      (x) => fn(x as Tensor),
      () => [spread([3, 7])],
      KINK,
    );
  }
  put(
    'powScalar',
    'cube of both signs',
    (x) => ops.powScalar(x as Tensor, 3),
    () => [wave([9])],
  );
  put(
    'clamp',
    'inside and outside',
    (x) => ops.clamp(x as Tensor, -0.21, 0.19),
    () => [spread([21])],
    KINK,
  );

  for (const [name, fn] of Object.entries({ add: ops.add, sub: ops.sub, mul: ops.mul })) {
    put(
      name,
      'broadcast',
      (a, b) => fn(a as Tensor, b as Tensor),
      () => [wave([2, 3, 4]), wave([3, 1], 2)],
    );
  }
  put(
    'div',
    'broadcast',
    (a, b) => ops.div(a as Tensor, b as Tensor),
    () => [wave([2, 3]), positive([3], 2)],
  );
  put(
    'pow',
    'positive base',
    (a, b) => ops.pow(a as Tensor, b as Tensor),
    () => [positive([2, 3]), wave([3], 2)],
  );
  put(
    'maximum',
    'no ties',
    (a, b) => ops.maximum(a as Tensor, b as Tensor),
    () => [spread([3, 4]), spread([3, 4], 3)],
    KINK,
  );
  put(
    'minimum',
    'no ties',
    (a, b) => ops.minimum(a as Tensor, b as Tensor),
    () => [spread([3, 4]), spread([3, 4], 3)],
    KINK,
  );
  put(
    'where',
    'mask',
    (a, b) => ops.where(tensor([1, 0, 1]), a as Tensor, b as Tensor),
    () => [wave([2, 3]), wave([3], 2)],
  );

  put(
    'sum',
    'first and last axis',
    (x) => ops.sum(x as Tensor, { axes: [0, 2] }),
    () => [wave([2, 3, 4])],
  );
  put(
    'mean',
    'kept axes',
    (x) => ops.mean(x as Tensor, { axes: [1], keepDims: true }),
    () => [wave([2, 3, 4])],
  );
  put(
    'mean',
    'variance of columns',
    (x) => ops.variance(x as Tensor, { axes: 0 }),
    () => [wave([5, 3])],
  );
  put(
    'max',
    'last axis',
    (x) => ops.max(x as Tensor, { axes: -1 }),
    () => [spread([3, 5])],
    KINK,
  );
  put(
    'min',
    'all',
    (x) => ops.min(x as Tensor),
    () => [spread([3, 5])],
    KINK,
  );

  put(
    'reshape',
    '[6, 2]',
    (x) => ops.reshape(x as Tensor, [6, -1]),
    () => [wave([3, 4])],
  );
  put(
    'permute',
    'three axes',
    (x) => ops.permute(x as Tensor, [2, 0, 1]),
    () => [wave([2, 3, 4])],
  );
  put(
    'broadcastTo',
    'two axes',
    (x) => ops.broadcastTo(x as Tensor, [2, 3, 4]),
    () => [wave([3, 1])],
  );
  put(
    'slice',
    'negative end',
    (x) => ops.slice(x as Tensor, [0, 1], [2, -1]),
    () => [wave([2, 4, 2])],
  );
  put(
    'embed',
    'padding of images',
    (x) => ops.pad2d(x as Tensor, { left: 1, bottom: 2, top: -1 }),
    () => [wave([1, 3, 2, 3])],
  );
  put(
    'concat',
    'middle axis',
    (a, b) => ops.concat([a as Tensor, b as Tensor], 1),
    () => [wave([2, 3, 2]), wave([2, 2, 2], 2)],
  );
  const index = tensor(new Int32Array([1, 0, 3, 1]), [4]);
  put(
    'indexSelect',
    'repeated rows',
    (x) => ops.indexSelect(x as Tensor, index, 1),
    () => [wave([2, 4, 3])],
  );
  put(
    'indexAdd',
    'repeated rows',
    (x) => ops.indexAdd(x as Tensor, index, [2, 5, 3], 1),
    () => [wave([2, 4, 3])],
  );

  put(
    'matmul',
    'batch',
    (a, b) => ops.matmul(a as Tensor, b as Tensor),
    () => [wave([2, 3, 5]), wave([5, 4], 2)],
  );
  const transposeA = { transposeA: true };
  put(
    'matmul',
    'aᵀ·b',
    (a, b) => ops.matmul(a as Tensor, b as Tensor, transposeA),
    () => [wave([5, 3]), wave([5, 4], 2)],
  );
  const transposeB = { transposeB: true };
  put(
    'matmul',
    'a·bᵀ',
    (a, b) => ops.matmul(a as Tensor, b as Tensor, transposeB),
    () => [wave([3, 5]), wave([4, 5], 2)],
  );
  const weights = () => [wave([4, 7]), wave([7, 5], 2), wave([5], 3)];
  put('linear', 'bias', (x, w, b) => ops.linear(x as Tensor, w as Tensor, b as Tensor), weights);

  const images = (h: number, w: number, c: number) => wave([2, h, w, c]);
  const conv = (options: ops.Conv2dOptions) => (x?: Tensor, w?: Tensor, b?: Tensor) =>
    ops.conv2d(x as Tensor, w as Tensor, b as Tensor, options);
  for (const options of [
    { padding: 1 },
    { stride: 2, padding: 1 },
    { dilation: 2, padding: [2, 1] as const },
    { padding: 'same' as const, stride: 2 },
  ]) {
    put('conv2d', JSON.stringify(options), conv(options), () => [images(5, 6, 3), wave([3, 3, 3, 5], 2), wave([5], 3)], SOME);
  }
  put('conv2d', 'groups', conv({ groups: 2 }), () => [images(4, 4, 4), wave([3, 3, 2, 6], 2), wave([6], 3)], SOME);
  put('conv2d', 'vector channels', conv({ padding: 1 }), () => [images(4, 5, 8), wave([3, 3, 8, 8], 2), wave([8], 3)], SOME);
  const up = { stride: 2, padding: 1, outputPadding: 1 };
  const transposed = (x?: Tensor, w?: Tensor, b?: Tensor) => ops.convTranspose2d(x as Tensor, w as Tensor, b as Tensor, up);
  put(
    'conv2dInputGradient',
    'transposed convolution',
    transposed,
    () => [images(3, 4, 3), wave([3, 3, 5, 3], 2), wave([5], 3)],
    SOME,
  );

  put(
    'maxPool2d',
    '2×2',
    (x) => ops.maxPool2d(x as Tensor, { kernel: 2 }),
    () => [spread([1, 4, 4, 4])],
    KINK,
  );
  const overlapping = { kernel: 3, stride: 2, padding: 1 };
  put(
    'maxPool2d',
    'overlapping',
    (x) => ops.maxPool2d(x as Tensor, overlapping),
    () => [spread([1, 5, 5, 3])],
    KINK,
  );
  put(
    'avgPool2d',
    'overlapping',
    (x) => ops.avgPool2d(x as Tensor, overlapping),
    () => [images(5, 5, 3)],
    SOME,
  );

  const normalised =
    (options: Omit<ops.BatchNormOptions, 'training'>, training: boolean) => (x?: Tensor, gamma?: Tensor, beta?: Tensor) =>
      ops.batchNorm(x as Tensor, gamma as Tensor, beta as Tensor, { ...options, training });
  const affineOf = (c: number) => [positive([c], 2), wave([c], 3)];
  put('batchNorm', 'training', normalised({}, true), () => [images(3, 3, 5), ...affineOf(5)], SOME);
  const rectified = normalised({ activation: 'relu' }, true);
  // Normalised values near ±0.4 and ±1.3: none within a step of the kink.
  const apart = () => ops.add(tensor([[-3], [-1], [1], [3]]), ops.affine(wave([4, 8]), 0.1, 0));
  const lifted = () => [apart(), positive([8], 2), ops.affine(wave([8], 3), 0.05, 0)];
  put('batchNorm', 'training, with a ReLU', rectified, lifted, SOME);
  put('batchNorm', 'training, vector channels', normalised({}, true), () => [wave([6, 8]), ...affineOf(8)], SOME);
  const running = { runningMean: wave([4], 5), runningVariance: positive([4], 6) };
  put('batchNorm', 'evaluation', normalised(running, false), () => [images(2, 3, 4), ...affineOf(4)], SOME);

  const layered = (x?: Tensor, gamma?: Tensor, beta?: Tensor) => ops.layerNorm(x as Tensor, gamma as Tensor, beta as Tensor);
  put('layerNorm', 'last axis', layered, () => [wave([2, 3, 7]), ...affineOf(7)], SOME);

  for (const mode of ['nearest', 'bilinear'] as const) {
    for (const alignCorners of mode === 'bilinear' ? [false, true] : [false]) {
      const what = `${mode}${alignCorners ? ', aligned corners' : ''}`;
      const resized = (x?: Tensor) => ops.resize2d(x as Tensor, { size: [7, 4], mode, alignCorners });
      put('resize2d', what, resized, () => [images(4, 5, 3)], SOME);
      const enlarged = (x?: Tensor) => ops.upsample2d(x as Tensor, { scale: 2, mode, alignCorners });
      put('resize2d', `×2, ${what}`, enlarged, () => [images(3, 2, 4)], SOME);
    }
  }
  const turn = tensor(ops.similarity([5, 6], { angle: 0.3, scale: 1.2, shiftX: 0.4 }), [6]);
  put(
    'affineWarp',
    'turned',
    (x) => ops.affineWarp(x as Tensor, turn, { fill: 0.5 }),
    () => [images(5, 6, 3)],
    SOME,
  );

  put(
    'softmax',
    'last axis',
    (x) => ops.softmax(x as Tensor),
    () => [wave([3, 5])],
  );
  put(
    'logSoftmax',
    'first axis',
    (x) => ops.logSoftmax(x as Tensor, { axis: 0 }),
    () => [wave([3, 5])],
  );
  const labels = tensor(new Int32Array([1, 0, 3]), [3]);
  for (const reduction of ['mean', 'sum', 'none'] as const) {
    put(
      'crossEntropy',
      reduction,
      (x) => ops.crossEntropy(x as Tensor, labels, { reduction }),
      () => [wave([3, 5])],
    );
  }
  const rng = new ops.DeviceGenerator(3);
  const rewound = (fn: () => Tensor) => {
    rng.rewind();
    return fn();
  };
  put(
    'dropout',
    'p = 0.4',
    (x) => rewound(() => ops.dropout(x as Tensor, { p: 0.4, rng })),
    () => [wave([4, 7])],
  );
  put(
    'dropout2d',
    'p = 0.4',
    (x) => rewound(() => ops.dropout2d(x as Tensor, { p: 0.4, rng })),
    () => [wave([2, 3, 3, 4])],
  );
  return list;
}

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
}

/** Operations that are differentiated only as part of another one's gradient; the second-derivative tests reach them. */
const INNER = new Set(['conv2dWeightGradient', 'avgPool2dGradient', 'resize2dGradient', 'affineWarpGradient']);

/** Checks the gradient of one operation after the other on the default device; an operation without a case fails. */
export async function* eachOperation(): AsyncGenerator<CheckResult & { readonly index: number; readonly total: number }> {
  const all = cases();
  const covered = new Set(all.map(({ operation }) => operation));
  const missing = [...allOperations()].filter(([name, { gradient }]) => gradient && !covered.has(name) && !INNER.has(name));
  const total = all.length + missing.length;
  let index = 0;
  for (const { operation, what, fn, inputs, options } of all) {
    const name = `${operation}: ${what}`;
    const made = inputs();
    let result: Omit<CheckResult, 'name'>;
    try {
      result = await gradCheck(fn, made, options);
    } catch (error) {
      result = { passed: false, message: String(error) };
    }
    for (const x of made) x.dispose();
    yield { name, passed: result.passed, message: result.message, index: index++, total };
  }
  for (const [name] of missing) {
    yield { name, passed: false, message: 'this differentiable operation has no case', index: index++, total };
  }
}

/** All of them. */
export async function checkOperations(): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for await (const { name, passed, message } of eachOperation()) results.push({ name, passed, message });
  return results;
}
