/**
 * The WebAssembly back end: kernels of the typed form become functions of one WebAssembly module with SIMD.
 *
 * Calling convention of `k0`, `k1`, … (all i32): `(args, first, end, gx, gy)` runs the workgroups `first` … `end − 1`, counted
 * linearly over the grid, x fastest. `args` is the address of u32 words in linear memory, 16-byte aligned:
 * word 0 the address of `scratchBytes` bytes of memory of this thread's own (16-byte aligned), word 1 the grid's z extent, then for
 * each of `bindings` in order: address (16-byte aligned) and length in bytes. The module imports its memory as `env.memory`.
 */
import { WgslCompileError } from './compile-error.ts';
import { type KernelInput, lowerKernel } from './lower/kernel.ts';
import type { Entry, Module, Statement, Value } from './typed.ts';
import { VOID } from './typed.ts';
import { emitFunction } from './wasm/emit.ts';
import { encodeModule, type FunctionBody } from './wasm/encoder.ts';
import { MathLibrary } from './wasm/mathematics.ts';

export { WgslCompileError } from './compile-error.ts';

export interface KernelRequest {
  readonly module: Module;
  readonly entry: string;
  readonly overrides: Readonly<Record<string, number>>;
  /** Content of the uniform, folded in as constants; absent: read from memory. */
  readonly uniform?: Uint8Array | undefined;
  /** Lengths in bytes of storage bindings by name, which must hold at every call: ranges are proved with them. */
  readonly lengths?: Readonly<Record<string, number>> | undefined;
  /** The grid of every call (workgroups along x, y, z); absent: any. */
  readonly grid?: readonly [number, number, number] | undefined;
}

export interface CompiledKernel {
  /** Name of the exported function. */
  readonly name: string;
  /**
   * Binding numbers in the order of the argument words: every binding that the entry point can touch, the uniform too. Ascending;
   * of several groups with the same number, the lower group comes first.
   */
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

const KERNEL_PARAMETERS = ['i32', 'i32', 'i32', 'i32', 'i32'] as const;

function entryOf(module: Module, name: string): Entry {
  const entry = module.entries.find((candidate) => candidate.name === name);
  if (!entry) throw new WgslCompileError(module.path, name, 'there is no such entry point');
  return entry;
}

/** A module in the making: its kernels are added one after another, so that a page can have its turn in between. */
export class ModuleBuilder {
  readonly kernels: CompiledKernel[] = [];
  readonly #count: number;
  /** Kernels first, functions of mathematics behind them as they are asked for. */
  readonly #library: MathLibrary;
  readonly #bodies: FunctionBody[] = [];

  /** @param count kernels that will be added */
  constructor(count: number) {
    this.#count = count;
    this.#library = new MathLibrary(count);
  }

  /** Adds the function `k0`, `k1`, … @throws WgslCompileError where a kernel cannot run on the CPU device */
  add({ module, entry, overrides, uniform, lengths = {}, grid }: KernelRequest): void {
    const input: KernelInput = { module, entry: entryOf(module, entry), overrides, uniform, lengths, grid };
    const { graph, bindings, scratchBytes, counter } = lowerKernel(input);
    const name = `k${this.kernels.length}`;
    const signature = { parameters: KERNEL_PARAMETERS, result: undefined, exported: name };
    this.#bodies.push(emitFunction(graph, signature, (called) => this.#library.index(called)));
    this.kernels.push({ name, bindings, scratchBytes, clamped: counter.clamped, proved: counter.proved });
  }

  encode(options: CompileOptions): Uint8Array<ArrayBuffer> {
    if (this.kernels.length !== this.#count) throw new Error(`${this.kernels.length} of ${this.#count} kernels were added`);
    return encodeModule([...this.#bodies, ...this.#library.bodies()], options);
  }
}

/**
 * One module with a function `k0`, `k1`, … per request.
 * @throws WgslCompileError where a kernel cannot run on the CPU device
 */
export function compileKernels(requests: readonly KernelRequest[], options: CompileOptions): CompiledKernels {
  const builder = new ModuleBuilder(requests.length);
  for (const request of requests) builder.add(request);
  return { bytes: builder.encode(options), kernels: builder.kernels };
}

/** Whether the entry point can run on the CPU device: no barriers, no quad or subgroup operations. */
export function runsOnCpu(module: Module, entry: string): boolean {
  const seen = new Set<number>();
  const value = (v: Value): boolean => {
    switch (v.kind) {
      case 'load':
      case 'address':
        return true;
      case 'unary':
      case 'convert':
      case 'bitcast':
      case 'swizzle':
      case 'extract':
        return value(v.operand);
      case 'extractAt':
        return value(v.operand) && value(v.index);
      case 'binary':
        return value(v.left) && value(v.right);
      case 'construct':
        return v.parts.every(value);
      case 'builtin':
        return v.type !== VOID && !/^(quad|subgroup|workgroupUniformLoad|atomic)/.test(v.name) && v.arguments.every(value);
      case 'call':
        return func(v.func) && v.arguments.every(value);
      default:
        return true;
    }
  };
  const statements = (body: readonly Statement[]): boolean => body.every(statement);
  const statement = (s: Statement): boolean => {
    switch (s.kind) {
      case 'let':
      case 'assign':
      case 'evaluate':
        return value(s.value);
      case 'var':
        return !s.initial || value(s.initial);
      case 'block':
        return statements(s.body);
      case 'if':
        return value(s.condition) && statements(s.then) && statements(s.otherwise);
      case 'switch':
        return value(s.selector) && s.cases.every(({ body }) => statements(body));
      case 'for':
        return (
          (!s.initial || statement(s.initial)) &&
          (!s.condition || value(s.condition)) &&
          (!s.update || statement(s.update)) &&
          statements(s.body)
        );
      case 'loop':
        return statements(s.body) && statements(s.continuing) && (!s.breakIf || value(s.breakIf));
      case 'return':
        return !s.value || value(s.value);
      default:
        return true;
    }
  };
  const func = (index: number): boolean => {
    if (seen.has(index)) return true;
    seen.add(index);
    const { body = [], parameters = [], locals = [] } = module.functions[index] ?? {};
    if (parameters.some((local) => locals[local]?.builtin?.startsWith('subgroup'))) return false;
    return statements(body);
  };
  return func(entryOf(module, entry).func);
}
