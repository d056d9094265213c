/** WGSL entry points as functions of WebAssembly modules: compiled once, alone for eager work or together for a recorded step. */
import type { ShaderModule } from '../../../shaders/build/module.ts';
import { type KernelRequest, ModuleBuilder, runsOnCpu } from '../../wgsl/compile.ts';
import { parseModule } from '../../wgsl/front/index.ts';
import type { Module } from '../../wgsl/typed.ts';
import type { Heap } from './heap.ts';
import type { KernelFunction, ThreadPool } from './threads.ts';
import { Turns } from './work-queue.ts';

/** A compiled entry point. */
export interface LoadedKernel {
  readonly run: KernelFunction;
  /** Its number in the threads' tables. */
  readonly number: number;
  readonly scratchBytes: number;
  /** Binding numbers in the order of its argument words. */
  readonly bindings: readonly number[];
  /** Whether the uniform's content is part of the code. */
  readonly folded: boolean;
  /** Workgroups in one call: so many that a call takes a few milliseconds, found while running. */
  chunk: number;
  /** Milliseconds of one thread for a workgroup, as measured while running; 0 before. */
  cost: number;
}

/** What a kernel is compiled for. Absent facts are read at run time. */
export interface Request {
  readonly shader: ShaderModule;
  readonly entryPoint: string;
  readonly overrides: Readonly<Record<string, number>>;
  readonly uniform?: Uint8Array<ArrayBuffer>;
  readonly lengths?: Readonly<Record<string, number>>;
  readonly grid?: readonly [number, number, number];
}

const modules = new Map<string, Module>();

/** The checked form of a shader, made once. */
function moduleOf(shader: ShaderModule): Module {
  let module = modules.get(shader.path);
  if (!module) {
    module = parseModule(shader.source, shader.path);
    modules.set(shader.path, module);
  }
  return module;
}

const runs = new Map<string, boolean>();

/** Whether an entry point needs nothing that only a GPU has: barriers, subgroups. */
export function runsHere(shader: ShaderModule, entryPoint: string): boolean {
  const key = `${shader.path}|${entryPoint}`;
  let known = runs.get(key);
  if (known === undefined) {
    known = runsOnCpu(moduleOf(shader), entryPoint);
    runs.set(key, known);
  }
  return known;
}

const sorted = (record: Readonly<Record<string, unknown>>) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

export function keyOf({ shader, entryPoint, overrides, uniform, lengths, grid }: Request): string {
  const facts = `|${uniform?.join() ?? ''}|${JSON.stringify(sorted(lengths ?? {}))}|${grid ?? ''}`;
  return `${shader.path}|${entryPoint}|${JSON.stringify(sorted(overrides))}${facts}`;
}

const kernelOf = ({ shader, entryPoint, overrides, uniform, lengths, grid }: Request): KernelRequest => ({
  module: moduleOf(shader),
  entry: entryPoint,
  overrides,
  uniform,
  lengths,
  grid,
});

export class KernelCache {
  readonly #heap: Heap;
  readonly #pool: ThreadPool | undefined;
  readonly #kernels = new Map<string, LoadedKernel>();
  #count = 0;

  constructor(heap: Heap, pool: ThreadPool | undefined) {
    this.#heap = heap;
    this.#pool = pool;
  }

  get size(): number {
    return this.#kernels.size;
  }

  /** Compiles where needed, and waits for it. @throws WgslCompileError for an entry point that cannot run here */
  get(request: Request): LoadedKernel {
    const key = keyOf(request);
    const known = this.#kernels.get(key);
    if (known) return known;
    this.load([request]);
    return this.#kernels.get(key) as LoadedKernel;
  }

  /** Compiles what is missing as one module. */
  load(requests: readonly Request[]): void {
    const missing = this.#missing(requests);
    if (missing.size === 0) return;
    const builder = new ModuleBuilder(missing.size);
    for (const request of missing.values()) builder.add(kernelOf(request));
    this.#store([...missing], new WebAssembly.Module(builder.encode(this.#heap)), builder);
  }

  /** The same without blocking the caller while the engine compiles, nor a page while the kernels are translated. */
  async prepare(requests: readonly Request[]): Promise<void> {
    const missing = this.#missing(requests);
    if (missing.size === 0) return;
    const builder = new ModuleBuilder(missing.size);
    const turns = new Turns();
    for (const request of missing.values()) {
      builder.add(kernelOf(request));
      await turns.end();
    }
    this.#store([...missing], await WebAssembly.compile(builder.encode(this.#heap)), builder);
  }

  #missing(requests: readonly Request[]): Map<string, Request> {
    const missing = new Map(requests.map((request) => [keyOf(request), request]));
    for (const key of missing.keys()) if (this.#kernels.has(key)) missing.delete(key);
    return missing;
  }

  #store(
    requests: readonly (readonly [key: string, request: Request])[],
    module: WebAssembly.Module,
    { kernels }: ModuleBuilder,
  ): void {
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#heap.memory } });
    this.#pool?.add(module, this.#count, requests.length);
    requests.forEach(([key, { uniform }], index) => {
      // Asked for twice at the same time: the first stays.
      if (this.#kernels.has(key)) return;
      this.#kernels.set(key, {
        run: exports[`k${index}`] as KernelFunction,
        number: this.#count + index,
        scratchBytes: kernels[index]?.scratchBytes ?? 0,
        bindings: kernels[index]?.bindings ?? [],
        folded: uniform !== undefined,
        chunk: 1,
        cost: 0,
      });
    });
    this.#count += requests.length;
  }
}
