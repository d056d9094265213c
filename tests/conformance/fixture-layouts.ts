/** The border between the fixtures (PyTorch's layouts) and the engine (NHWC, HWIO, [in, out]): on the host, here and nowhere else. */

/** How an operand's axes are ordered in PyTorch, where the engine differs. */
export type Layout = 'plain' | 'image' | 'kernel' | 'linear';

/** For each axis of the engine's tensor, the axis of PyTorch's. */
function axesFor(layout: Layout, rank: number): number[] | null {
  if (layout === 'image' && rank >= 3) return [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
  // OIHW → HWIO, and a transposed convolution's IOHW → HW(out)(in).
  if (layout === 'kernel' && rank === 4) return [2, 3, 1, 0];
  if (layout === 'linear' && rank === 2) return [1, 0];
  return null;
}

export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

function permuted({ shape, data }: HostTensor, axes: readonly number[]): { shape: number[]; data: number[] } {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const target = axes.map((axis) => shape[axis] as number);
  const steps = axes.map((axis) => strides[axis] as number);
  const result: number[] = [];
  const index = new Array<number>(axes.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    result.push(data[index.reduce((at, n, axis) => at + n * (steps[axis] as number), 0)] as number);
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (target[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return { shape: target, data: result };
}

export function toEngine(tensor: HostTensor, layout: Layout): HostTensor {
  const axes = axesFor(layout, tensor.shape.length);
  return axes ? permuted(tensor, axes) : tensor;
}

export function fromEngine(tensor: HostTensor, layout: Layout): HostTensor {
  const axes = axesFor(layout, tensor.shape.length);
  if (!axes) return tensor;
  const inverse = axes.map((_, axis) => axes.indexOf(axis));
  return permuted(tensor, inverse);
}
