/** Between tensors and kernels: the only place where an operation touches device memory. */

import type { RunOptions } from '../device/device.ts';
import { DTypeError } from '../errors.ts';
import type { KernelSpec } from '../kernels/kernel.ts';
import { type DType, emptyTensor, type Shape, type Tensor } from '../tensor.ts';

/**
 * Enqueues a kernel on tensors. A kernel whose outputs have no elements has nothing to do.
 * @throws DisposedTensorError when one of them has been released
 * @throws DTypeError when the elements of one are not of the type that the kernel reads: here every operation is checked
 */
export function run<In extends string, Out extends string, P>(
  kernel: KernelSpec<In, Out, P>,
  tensors: Readonly<Record<In | Out, Tensor>>,
  params: P,
  options?: RunOptions,
): void {
  const names = [...kernel.inputs, ...kernel.outputs];
  const buffers = {} as Record<In | Out, ReturnType<Tensor['buffer']>>;
  for (const name of names) {
    const { dtype } = tensors[name];
    const wanted = kernel.types?.[name] ?? 'f32';
    if (dtype !== wanted && !kernel.words?.includes(name)) {
      throw new DTypeError(kernel.name, dtype, `'${name}' must be ${wanted}`, wanted);
    }
    buffers[name] = tensors[name].buffer(kernel.name);
  }
  if (kernel.outputs.every((name) => tensors[name].size === 0)) return;
  tensors[names[0] as In].device.run(kernel, buffers, params, options);
}

/** Runs a kernel with one output, named `y`-like by the kernel, into a new tensor of the given shape. */
export function compute<In extends string, Out extends string, P>(
  kernel: KernelSpec<In, Out, P>,
  inputs: Readonly<Record<In, Tensor>>,
  shape: Shape,
  params: P,
  dtype: DType = 'f32',
): Tensor {
  const first = inputs[kernel.inputs[0] as In];
  const output = emptyTensor(shape, kernel.name, dtype, first.device);
  run(kernel, { ...inputs, [kernel.outputs[0] as Out]: output } as Record<In | Out, Tensor>, params);
  return output;
}
