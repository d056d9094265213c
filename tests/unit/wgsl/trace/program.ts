/**
 * Programs with planted faults and programs without. A line that must be reported ends in `// <kind>`; every other line must not be,
 * hints aside.
 */

export interface TracedProgram {
  readonly name: string;
  readonly source: string;
  readonly workgroups?: readonly [number, number, number];
  readonly buffers: Readonly<Record<string, Float32Array | Int32Array | Uint32Array>>;
  readonly uniform?: Readonly<Record<string, unknown>>;
  readonly overrides?: Readonly<Record<string, number | boolean>>;
  /** Words of the message of the first finding. */
  readonly says?: readonly string[];
  /** What a clean program must compute, by buffer. */
  readonly gives?: Readonly<Record<string, readonly number[]>>;
}

export const range = (n: number) => Float32Array.from({ length: n }, (_, i) => i);
export const zeros = (n: number) => new Float32Array(n);

export const X = '@group(0) @binding(0) var<storage, read> x: array<f32>;';
export const Y = '@group(0) @binding(1) var<storage, read_write> y: array<f32>;';
