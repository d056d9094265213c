/**
 * The WebAssembly back end: kernels of the typed form become functions of one WebAssembly module with SIMD.
 *
 * Calling convention of `k0`, `k1`, … (all i32): `(args, first, end, gx, gy)` runs the workgroups `first` … `end − 1`, counted
 * linearly over the grid, x fastest. `args` is the address of u32 words in linear memory, 16-byte aligned:
 * word 0 the address of `scratchBytes` bytes of memory of this thread's own (16-byte aligned), word 1 the grid's z extent, then for
 * each of `bindings` in order: address (16-byte aligned) and length in bytes. The module imports its memory as `env.memory`.
 */
import { ChalkgradError } from '../errors.ts';
import type { Module } from './typed.ts';

export interface KernelRequest {
  readonly module: Module;
  readonly entry: string;
  readonly overrides: Readonly<Record<string, number>>;
  /** Content of the uniform, folded in as constants; absent: read from memory. */
  readonly uniform?: Uint8Array;
  /** Lengths in bytes of storage bindings by name, which must hold at every call: ranges are proved with them. */
  readonly lengths?: Readonly<Record<string, number>>;
  /** The grid of every call (workgroups along x, y, z); absent: any. */
  readonly grid?: readonly [number, number, number];
}

export interface CompiledKernel {
  /** Name of the exported function. */
  readonly name: string;
  /** Binding numbers in the order of the argument words, ascending: every binding that the entry point can touch, the uniform too. */
  readonly bindings: readonly number[];
  /** Bytes that word 0 of the arguments must point to; 0 where the kernel needs none. */
  readonly scratchBytes: number;
  /** Accesses whose index is clamped at run time, and accesses proved to lie inside. */
  readonly clamped: number;
  readonly proved: number;
}

export interface CompiledKernels {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly kernels: readonly CompiledKernel[];
}

export interface CompileOptions {
  /** The imported memory is shared. */
  readonly shared: boolean;
  /** Its maximum, in pages of 64 KiB. */
  readonly maximumPages: number;
}

/** The kernel is valid, but the CPU device cannot run it (barriers, subgroups) or its module would be too large. */
export class WgslCompileError extends ChalkgradError {
  readonly path: string;
  readonly entry: string;

  constructor(path: string, entry: string, message: string) {
    super('WGSL_COMPILE', `${path}, entry point '${entry}': ${message}`);
    this.path = path;
    this.entry = entry;
  }
}

/**
 * One module with a function `k0`, `k1`, … per request.
 * @throws WgslCompileError where a kernel cannot run on the CPU device
 */
export function compileKernels(requests: readonly KernelRequest[], options: CompileOptions): CompiledKernels {
  throw new Error(`not yet: ${requests.length} ${options.shared}`);
}

/** Whether the entry point can run on the CPU device: no barriers, no quad or subgroup operations. */
export function runsOnCpu(module: Module, entry: string): boolean {
  throw new Error(`not yet: ${module.path} ${entry}`);
}
