/**
 * A kernel is a pure contract with three faces: the equation it stands for, a TypeScript reference on typed arrays, and WGSL.
 * One definition object holds them. The WebGPU device runs a variant's WGSL, the CPU device calls the reference, and nothing
 * else in the engine knows which.
 */
import type { EntryPoint, ShaderModule } from '../../shaders/build/module.ts';

export type KernelArray = Float32Array | Int32Array | Uint32Array;
export type Grid = readonly [x: number, y: number, z: number];

/** What a variant may ask of the adapter before it is chosen. */
export interface AdapterCaps {
  /** `gpu`; `software`: WebGPU on the processor (SwiftShader, lavapipe, WARP); `cpu`: WebAssembly, or the TypeScript reference. */
  readonly kind: 'gpu' | 'software' | 'cpu';
  /** A software adapter (SwiftShader, lavapipe, WARP): workgroup barriers cost dearly there. */
  readonly software: boolean;
  readonly subgroups: boolean;
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  readonly maxWorkgroupStorageSize: number;
  readonly maxInvocationsPerWorkgroup: number;
  /** Most workgroups along one grid axis (65,535 by default). */
  readonly maxWorkgroupsPerDimension: number;
  readonly maxStorageBuffersPerStage: number;
}

/** One compute dispatch of a variant. */
export interface Dispatch {
  readonly shader: ShaderModule;
  readonly entryPoint: string;
  readonly params: Readonly<Record<string, number | readonly number[]>>;
  readonly overrides: Readonly<Record<string, number>>;
  readonly grid: Grid;
  /** WGSL binding name to kernel buffer or temporary, where the names differ. */
  readonly buffers: Readonly<Record<string, string>>;
}

/** The dispatches of a variant in order, and the temporaries between them (sizes in bytes). */
export interface Plan {
  readonly dispatches: readonly Dispatch[];
  readonly temporaries?: Readonly<Record<string, number>>;
}

export interface Variant<P> {
  /** Unique within the kernel, for example `naive`, `register-tile`, `split-k`. Shown in benchmark results. */
  readonly id: string;
  /** False where this variant cannot run (shape class or adapter). Absent: it can always run. */
  applies?(params: P, caps: AdapterCaps): boolean;
  plan(params: P, caps: AdapterCaps): Plan;
}

/**
 * @typeParam In names of the buffers the kernel only reads
 * @typeParam Out names of the buffers it writes (and may read, where it works in place)
 * @typeParam P its parameter record: sizes, strides and scalars, all plain numbers
 */
export interface KernelSpec<In extends string, Out extends string, P> {
  readonly name: string;
  /** The equation in TeX, with the names of the parameters and buffers. */
  readonly equation: string;
  readonly inputs: readonly In[];
  readonly outputs: readonly Out[];
  /**
   * Outputs whose previous content is read or only partly overwritten (in-place work). Others are written in full, so
   * a fresh buffer with arbitrary content may stand there.
   */
  readonly inPlace?: readonly Out[];
  /** Element type of each buffer for the reference; default `f32`. */
  readonly types?: Partial<Record<In | Out, 'f32' | 'i32' | 'u32'>>;
  /** Buffers of which 32-bit words are moved as they are: elements of any type may lie there, whatever `types` says. */
  readonly words?: readonly (In | Out)[];
  /** Float buffers that the WGSL declares as u32, because it reads them by their bits (an order of NaN, signs of zero). */
  readonly bits?: readonly (In | Out)[];
  /** Number of elements of each buffer: what the host checks before a dispatch and what the conformance suite allocates. */
  sizes(params: P): Record<In | Out, number>;
  /**
   * Where the first output is then the first input word for word, and nothing else: how many words; else undefined. A recording may leave
   * such a run out and have the input written where the output lies.
   */
  copies?(params: P): number | undefined;
  /** A small legal parameter record. The build plans every variant with it and compares the result with the WGSL. */
  readonly example: P;
  /** The plain loop nest: the oracle of the tests, the fallback without WebGPU, and the code a student reads. */
  reference(inputs: Record<In, KernelArray>, outputs: Record<Out, KernelArray>, params: P): void;
  /** From the one that reads like the equation to the fastest. Without a measured choice, the last that applies runs. */
  readonly variants: readonly Variant<P>[];
}

export type Kernel<In extends string = string, Out extends string = string, P = never> = KernelSpec<In, Out, P>;
// biome-ignore lint/suspicious/noExplicitAny: a registry holds kernels of every parameter type
export type AnyKernel = KernelSpec<string, string, any>;

/** The WGSL and the TypeScript of a kernel disagree. Raised when the definition is loaded, so the build stops with it. */
export class KernelMismatchError extends Error {
  override name = 'KernelMismatchError';
}

const registry = new Map<string, AnyKernel>();

/** Every kernel that has been defined, by name: what the conformance suite and the device check walk through. */
export function allKernels(): ReadonlyMap<string, AnyKernel> {
  return registry;
}

/**
 * Compares a kernel definition with the reflection of every WGSL file its variants use, for its example parameters.
 * @throws KernelMismatchError naming the kernel, the WGSL file and the binding
 */
export function checkKernel(kernel: AnyKernel, caps: AdapterCaps): void {
  const sizes = kernel.sizes(kernel.example);
  for (const name of [...kernel.inputs, ...kernel.outputs]) {
    if (sizes[name] === undefined) throw new KernelMismatchError(`kernel '${kernel.name}': sizes() lacks '${name}'`);
  }
  for (const variant of kernel.variants) {
    if (variant.applies && !variant.applies(kernel.example, caps)) continue;
    const plan = variant.plan(kernel.example, caps);
    for (const step of plan.dispatches) {
      const entry = step.shader.entryPoints[step.entryPoint];
      for (const binding of entry?.bindings ?? []) {
        if (binding.type === 'uniform') continue;
        const name = step.buffers[binding.name] ?? binding.name;
        const where = `kernel '${kernel.name}' (variant '${variant.id}') and ${step.shader.path}`;
        const known = kernel.inputs.includes(name) || kernel.outputs.includes(name) || plan.temporaries?.[name] !== undefined;
        if (!known) throw new KernelMismatchError(`${where}: binding '${binding.name}' has no buffer of that name`);
        if (binding.type === 'storage' && kernel.inputs.includes(name)) {
          throw new KernelMismatchError(`${where}: '${binding.name}' is read_write in WGSL but an input of the kernel`);
        }
      }
    }
  }
}

/** Registers a kernel. */
export function defineKernel<In extends string, Out extends string, P>(spec: KernelSpec<In, Out, P>): KernelSpec<In, Out, P> {
  registry.set(spec.name, spec);
  return spec;
}

/**
 * A dispatch of `shader`, checked against its reflection: every parameter field of the WGSL is given and no other, and every
 * override exists.
 * @throws KernelMismatchError naming the WGSL file and the field
 */
export function dispatch<P extends object, E extends string>(
  shader: ShaderModule<P, E>,
  entryPoint: E,
  params: P,
  grid: Grid,
  options: { overrides?: Record<string, number>; buffers?: Record<string, string> } = {},
): Dispatch {
  const entry: EntryPoint | undefined = shader.entryPoints[entryPoint];
  if (!entry) throw new KernelMismatchError(`${shader.path}: no entry point '${entryPoint}'`);
  const record = params as Record<string, number | readonly number[]>;
  for (const field of shader.params.fields) {
    if (record[field.name] === undefined) {
      throw new KernelMismatchError(`${shader.path}: Params.${field.name} is not given by its kernel definition`);
    }
  }
  for (const key of Object.keys(record)) {
    if (!shader.params.fields.some((field) => field.name === key)) {
      throw new KernelMismatchError(`${shader.path}: the kernel definition gives '${key}', which struct Params does not have`);
    }
  }
  const overrides = options.overrides ?? {};
  for (const key of Object.keys(overrides)) {
    if (!shader.overrides.some((o) => o.name === key)) {
      throw new KernelMismatchError(`${shader.path}: no override '${key}'`);
    }
  }
  return {
    shader: shader as unknown as ShaderModule,
    entryPoint,
    params: record,
    overrides,
    grid,
    buffers: options.buffers ?? {},
  };
}

/**
 * Grid for `count` invocations in workgroups of `size`, folded into two axes past `maxPerDimension` workgroups. The WGSL side
 * computes its index as `id.x + id.y * groups.x * size` (global_invocation_id, num_workgroups) and guards it by the count.
 */
export function linearGrid(count: number, size: number, maxPerDimension = 65535): Grid {
  const groups = Math.max(1, Math.ceil(count / size));
  if (groups <= maxPerDimension) return [groups, 1, 1];
  const y = Math.ceil(groups / maxPerDimension);
  return [Math.ceil(groups / y), y, 1];
}
