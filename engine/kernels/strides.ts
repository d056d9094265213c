/** Index arithmetic of boxes of elements: strides, broadcasting, and merging axes so that kernels see as few as possible. */

/** Axes a kernel can decode. */
export const MAX_AXES = 8;

export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = (strides[d + 1] as number) * (shape[d + 1] as number);
  return strides;
}

/**
 * Merges neighbouring axes that every operand walks through as one, and drops axes of extent 1.
 * @param strides one list per operand
 * @throws RangeError where more than 8 axes remain
 */
export function collapse(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const outShape: number[] = [];
  const outStrides: number[][] = strides.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    const extent = shape[d] as number;
    if (extent === 1) continue;
    const last = outShape.length - 1;
    const merges = last >= 0 && strides.every((list, k) => outStrides[k]?.[last] === (list[d] as number) * extent);
    if (merges) outShape[last] = (outShape[last] as number) * extent;
    else outShape.push(extent);
    strides.forEach((list, k) => {
      const own = outStrides[k] as number[];
      own[merges ? last : own.length] = list[d] as number;
    });
  }
  if (outShape.length === 0) {
    outShape.push(1);
    for (const own of outStrides) own.push(0);
  }
  if (outShape.length > MAX_AXES) throw new RangeError(`${outShape.length} axes remain after merging, more than ${MAX_AXES}`);
  return { shape: outShape, strides: outStrides };
}

/** The shape that `shapes` broadcast to by NumPy's rule, or undefined where they do not. */
export function broadcastShape(...shapes: (readonly number[])[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: number[] = [];
  for (let d = 0; d < rank; d++) {
    let extent = 1;
    for (const shape of shapes) {
      const own = shape[d - rank + shape.length] ?? 1;
      if (own === 1 || own === extent) continue;
      if (extent !== 1) return undefined;
      extent = own;
    }
    result.push(extent);
  }
  return result;
}

/** Strides with which a dense tensor of `shape` is read as `target` (0 where it repeats). */
export function broadcastStrides(shape: readonly number[], target: readonly number[]): number[] {
  const own = contiguousStrides(shape);
  const lead = target.length - shape.length;
  return target.map((_, d) => (d < lead || shape[d - lead] === 1 ? 0 : (own[d - lead] as number)));
}

export type Vec4 = readonly [number, number, number, number];

/** At most 4 values, right-aligned. */
export function vec4(values: readonly number[], fill: number): Vec4 {
  const [a, b, c, d] = [fill, fill, fill, fill, ...values].slice(-4);
  return [a as number, b as number, c as number, d as number];
}

/** Splits at most 8 values, right-aligned, into the two vec4 of a kernel's parameters. */
export function twoVectors(values: readonly number[], fill: number): { outer: Vec4; inner: Vec4 } {
  return { outer: vec4(values.slice(0, -4), fill), inner: vec4(values.slice(-4), fill) };
}

/** Calls `visit` with the positions of every element of the box, in row-major order. */
export function forEachIndex(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (i: number, positions: readonly number[]) => void,
): void {
  const count = shape.reduce((total, extent) => total * extent, 1);
  const index = new Array<number>(shape.length).fill(0);
  const positions = strides.map(() => 0);
  for (let i = 0; i < count; i++) {
    visit(i, positions);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = (index[d] as number) + 1;
      const wraps = index[d] === shape[d];
      strides.forEach((list, k) => {
        const step = list[d] as number;
        positions[k] = (positions[k] as number) + (wraps ? step - step * (shape[d] as number) : step);
      });
      if (!wraps) break;
      index[d] = 0;
    }
  }
}

/** Elements a buffer needs so that every index of the box stays inside: 1 + the largest position. */
export function reach(shape: readonly number[], strides: readonly number[], offset = 0): number {
  return shape.reduce((last, extent, d) => last + Math.max(0, (extent - 1) * (strides[d] as number)), offset) + 1;
}
