/** What the math cards ask of a run: the tensors of the network as it is, and checks on them. */
import { getDevice, linear, mseLoss, noGrad, scope, type Tensor, tanh, tensor } from '../../../engine/index.ts';
import { NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { unaryKernels } from '../../../engine/kernels/unary.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import { verifyGradient, verifyKernel } from '../../math/verify.ts';
import type { Training } from './training.ts';

/** Inputs at which the hidden layer is shown: 0, 0.1, …, 1. */
const inputs = Float32Array.from({ length: 11 }, (_, n) => n / 10);

const copyOf = async (x: Tensor): Promise<Float32Array<ArrayBuffer>> => await x.data();

/** w¹, b¹, w², and the hidden units and predictions at 0, 0.1, …, 1. */
export async function inspect({ network }: Training): Promise<LiveTensor[]> {
  const { hidden, output } = scope(() =>
    noGrad(() => {
      const x = tensor(inputs, [inputs.length, 1]);
      return { hidden: network.hidden(x), output: network.predict(x) };
    }),
  );
  const units = network.w1.size;
  const tensors: LiveTensor[] = [
    { name: 'w¹', shape: [1, units], data: await copyOf(network.w1), symbol: 'w' },
    { name: 'b¹', shape: [units], data: await copyOf(network.b1), symbol: 'b' },
    { name: 'z = h(w¹x + b¹)', shape: [inputs.length, units], data: await copyOf(hidden), symbol: 'z' },
    { name: 'w²', shape: [units, 1], data: await copyOf(network.w2), symbol: 'w' },
    { name: 'y(x)', shape: [inputs.length, 1], data: await copyOf(output), symbol: 'y' },
  ];
  hidden.dispose();
  output.dispose();
  return tensors;
}

/** Kernels against their references and the tape against central differences, on the network as it is. */
export async function verify({ network }: Training): Promise<Verification[]> {
  const device = getDevice();
  const w1 = await copyOf(network.w1);
  const units = w1.length;
  const sizes = { batch: 1, M: inputs.length, N: units, K: 1, aBatchStride: 0, bBatchStride: 0 };
  const product = { a: inputs, b: w1, bias: new Float32Array(4) };
  const results = await verifyKernel(
    device,
    matmul,
    product,
    { ...sizes, ...NO_EPILOGUE },
    { shapes: { y: [inputs.length, units] } },
  );
  results.push(...(await verifyKernel(device, unaryKernels.tanh, { x: w1 }, { count: units, alpha: 0, beta: 0 })));
  const x = tensor(inputs, [inputs.length, 1]);
  const t = tensor(
    inputs.map((v) => Math.sin(6 * v)),
    [inputs.length, 1],
  );
  const parameters = await Promise.all(network.parameters.map(async (p) => tensor(await copyOf(p), p.shape)));
  const loss = (w: Tensor, b: Tensor, v: Tensor, c: Tensor) => mseLoss(linear(tanh(linear(x, w, b)), v, c), t);
  results.push(
    await verifyGradient('∂E/∂(w¹, b¹, w², b²)', (...p) => loss(...(p as [Tensor, Tensor, Tensor, Tensor])), parameters, {
      epsilon: 3e-3,
    }),
  );
  for (const made of [x, t, ...parameters]) made.dispose();
  return results;
}
