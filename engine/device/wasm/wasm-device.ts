/**
 * Runs kernels on the processor: their WGSL compiled to WebAssembly SIMD, all tensors in one linear memory. The same bits in every
 * engine, on one thread or several.
 */
import { DeviceLostError } from '../../errors.ts';
import type { AdapterCaps, AnyKernel, Dispatch, KernelSpec } from '../../kernels/kernel.ts';
import {
  alignedLength,
  type BufferRecord,
  type Device,
  type DeviceBuffer,
  type DeviceInfo,
  type KernelRun,
  type MemoryInfo,
  type Program,
  type RunOptions,
} from '../device.ts';
import { packParams } from '../pack-params.ts';
import { paramsKey } from '../plan-key.ts';
import { VariantChoices } from '../variants.ts';
import { Heap, pooledSize } from './heap.ts';
import { KernelCache, type LoadedKernel, type Request, runsHere } from './kernels.ts';
import { canShareMemory, requireWebAssembly } from './support.ts';
import { ThreadPool } from './threads.ts';
import { isWindow, Turns, type Work, WorkQueue } from './work-queue.ts';

/** Bytes of one argument block: scratch address, grid z, and address and length of up to 11 bindings. */
const ARGS_BYTES = 128;
/** Bytes of a uniform's slot behind the argument blocks. */
const UNIFORM_BYTES = 256;
const MAX_PLANS = 8192;
/** Milliseconds that a call into WebAssembly should take: engines put better code in place only between calls. */
const CALL = 3;
/**
 * Milliseconds of one thread's work from which threads share it. Waking them takes some hundredths, w; of work t two threads leave t / 2 + w,
 * which gains from 2 w on.
 */
const SHARED_FROM = 0.1;

interface WasmBuffer extends DeviceBuffer {
  readonly address: number;
}

/** A dispatch whose parameters and code are decided; the buffers are named. */
interface PlannedDispatch {
  readonly dispatch: Dispatch;
  readonly uniform: Uint8Array<ArrayBuffer> | undefined;
  /** Binding number → buffer name; '' is the uniform. */
  readonly names: ReadonlyMap<number, string>;
  /** Its code for any buffers and parameters, once it has run eagerly. */
  eager: LoadedKernel | undefined;
}

interface PlannedKernel {
  readonly dispatches: readonly PlannedDispatch[];
  readonly temporaries: readonly (readonly [name: string, bytes: number])[];
}

/** A dispatch ready to run. */
interface Call {
  readonly kernel: LoadedKernel;
  /** Address of its argument blocks, one for each thread. */
  readonly args: number;
  readonly groups: number;
  readonly gridX: number;
  readonly gridY: number;
}

export interface WasmOptions {
  /**
   * Threads that compute, this one included. More than one needs shared memory (a page isolated from other origins, or Node): elsewhere
   * it is one. Default: 1 in Node, the processor's cores (at most 8) in a browser.
   */
  readonly threads?: number | undefined;
  /** Milliseconds of one thread's work from which they share it; 0: they share everything. */
  readonly sharedFrom?: number | undefined;
  /** Most bytes of memory for tensors; default and largest: 2 GiB. */
  readonly memoryLimit?: number | undefined;
  /** See DeviceInfo. */
  readonly passedOver?: readonly string[] | undefined;
}

export class WasmDevice implements Device {
  readonly info: DeviceInfo;
  readonly caps: AdapterCaps = {
    kind: 'cpu',
    software: true,
    subgroups: false,
    subgroupMinSize: 1,
    subgroupMaxSize: 1,
    maxWorkgroupStorageSize: 0,
    maxInvocationsPerWorkgroup: 256,
    maxWorkgroupsPerDimension: 65535,
    maxStorageBuffersPerStage: 10,
  };
  readonly choices: VariantChoices;
  readonly lost = new Promise<string>(() => {});
  isLost = false;
  /** Threads that compute, the caller's included. */
  readonly threads: number;

  readonly #heap: Heap;
  readonly #pool: ThreadPool | undefined;
  readonly #sharedFrom: number;
  readonly #kernels: KernelCache;
  readonly #queue = new WorkQueue(!isWindow());
  readonly #plans = new Map<string, PlannedKernel>();
  #plansOf = 0;
  #scratch = { address: 0, bytes: 0 };
  #eagerArgs: number | undefined;
  #nextId = 1;

  private constructor(heap: Heap, pool: ThreadPool | undefined, { sharedFrom = SHARED_FROM, passedOver }: WasmOptions) {
    this.#heap = heap;
    this.#pool = pool;
    this.#sharedFrom = sharedFrom;
    this.threads = pool?.size ?? 1;
    this.#kernels = new KernelCache(heap, pool);
    this.choices = new VariantChoices(this.caps, runsHere);
    const cores = this.threads === 1 ? '1 thread' : `${this.threads} threads`;
    this.info = {
      kind: 'wasm',
      name: `WebAssembly SIMD, ${cores}`,
      vendor: '',
      architecture: 'wasm',
      software: true,
      ...(passedOver && { passedOver }),
    };
  }

  /**
   * @throws NoWebAssemblyError where the browser or the page's policy does not allow it; OutOfMemoryError where it gives no memory
   */
  static async open(options: WasmOptions = {}): Promise<WasmDevice> {
    const { threads = defaultThreads() } = options;
    requireWebAssembly();
    const wanted = canShareMemory() ? Math.max(1, Math.floor(threads)) : 1;
    const heap = new Heap(wanted > 1, options.memoryLimit);
    let pool: ThreadPool | undefined;
    if (wanted > 1) {
      try {
        pool = await ThreadPool.open(heap, wanted, ARGS_BYTES);
      } catch {
        // A policy that refuses workers, or too many of them: one thread computes the same.
      }
    }
    return new WasmDevice(heap, pool, options);
  }

  allocate(byteLength: number, label?: string): DeviceBuffer {
    this.#assertAlive();
    const id = this.#nextId++;
    const buffer: WasmBuffer = { id, byteLength, root: id, byteOffset: 0, address: this.#heap.allocate(byteLength, label) };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    // The range may be handed out at once: work runs in order, so later work cannot overtake what was pushed before.
    this.#heap.release((buffer as WasmBuffer).address, buffer.byteLength);
  }

  view(buffer: DeviceBuffer, byteOffset: number, byteLength: number): DeviceBuffer {
    const { root, byteOffset: base, address } = buffer as WasmBuffer;
    const id = this.#nextId++;
    const range: WasmBuffer = { id, byteLength, root, byteOffset: base + byteOffset, address: address + byteOffset };
    return range;
  }

  write(buffer: DeviceBuffer, data: ArrayBufferView<ArrayBuffer>, byteOffset = 0): void {
    this.#assertAlive();
    const { address } = buffer as WasmBuffer;
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#queue.push(this.#copies(isWindow() ? source.slice() : source, address + byteOffset));
  }

  async read(buffer: DeviceBuffer, byteOffset = 0, byteLength = buffer.byteLength - byteOffset): Promise<ArrayBuffer> {
    this.#assertAlive();
    const start = (buffer as WasmBuffer).address + byteOffset;
    // The content at this moment: what is pushed later may overwrite it.
    const bytes = new Uint8Array(byteLength);
    this.#queue.push(() => {
      bytes.set(this.#heap.bytes.subarray(start, start + byteLength));
      return true;
    });
    await this.#queue.settle();
    return bytes.buffer;
  }

  run<In extends string, Out extends string, P>(
    kernel: KernelSpec<In, Out, P>,
    buffers: BufferRecord<In | Out>,
    params: P,
    options: RunOptions = {},
  ): void {
    this.#assertAlive();
    const plan = this.#plan(kernel as unknown as AnyKernel, params, options.variant);
    const named: Record<string, DeviceBuffer> = { ...(buffers as Readonly<Record<string, DeviceBuffer>>) };
    for (const [name, bytes] of plan.temporaries) named[name] = this.allocate(bytes, `temporary ${name}`);
    for (const planned of plan.dispatches) {
      const { dispatch, uniform, names } = planned;
      const { shader, entryPoint, overrides } = dispatch;
      planned.eager ??= this.#kernels.get({ shader, entryPoint, overrides });
      const loaded = planned.eager;
      const words = this.#argumentsOf(loaded, dispatch, names, named);
      this.#eagerArgs ??= this.#heap.allocate(this.threads * ARGS_BYTES + UNIFORM_BYTES, 'arguments');
      const args = this.#eagerArgs;
      const call = this.#call(loaded, args, dispatch);
      const uniformAt = loaded.bindings.findIndex((binding) => names.get(binding) === '');
      let next = -1;
      this.#queue.push((deadline) => {
        if (next < 0) {
          this.#writeArguments(args, words, uniformAt, uniform);
          next = 0;
        }
        next = this.#advance(call, next, deadline);
        return next >= call.groups;
      });
    }
    for (const [name] of plan.temporaries) this.release(named[name] as DeviceBuffer);
  }

  async prepare(runs: readonly KernelRun[]): Promise<void> {
    this.#assertAlive();
    const requests: Request[] = [];
    const turns = new Turns();
    for (const run of runs) {
      // The first use of a shader reads it.
      requests.push(...this.#requests([run]));
      await turns.end();
    }
    await this.#kernels.prepare(requests);
  }

  compile(runs: readonly KernelRun[]): Program {
    this.#assertAlive();
    this.#kernels.load(this.#requests(runs));
    const calls: Call[] = [];
    const written: (readonly [args: number, words: Uint32Array<ArrayBuffer>])[] = [];
    const owned: DeviceBuffer[] = [];
    const free = new Map<number, DeviceBuffer[]>();
    const stride = this.threads * ARGS_BYTES;
    const count = runs.reduce((sum, run) => sum + this.#planOf(run).dispatches.length, 0);
    const blocks = this.#heap.allocate(Math.max(1, count) * stride, 'arguments of a recorded step');
    for (const run of runs) {
      const plan = this.#planOf(run);
      // Temporaries live within one kernel, so the next kernel of the program may use the same memory.
      const used: DeviceBuffer[] = [];
      const named: Record<string, DeviceBuffer> = { ...run.buffers };
      for (const [name, bytes] of plan.temporaries) {
        let buffer = free.get(pooledSize(bytes))?.pop();
        if (!buffer) {
          buffer = this.allocate(pooledSize(bytes), `temporary ${run.kernel.name}.${name}`);
          owned.push(buffer);
        }
        used.push(buffer);
        named[name] = buffer;
      }
      for (const planned of plan.dispatches) {
        const loaded = this.#kernels.get(this.#request(run, plan, planned));
        const args = blocks + calls.length * stride;
        written.push([args, this.#argumentsOf(loaded, planned.dispatch, planned.names, named)]);
        // Chunks belong to the call: the same code meets other sizes elsewhere.
        calls.push(this.#call({ ...loaded }, args, planned.dispatch));
      }
      for (const buffer of used) free.set(buffer.byteLength, [...(free.get(buffer.byteLength) ?? []), buffer]);
    }
    // In order like all else: work that still waits may write to what these blocks were before, or read it.
    this.#queue.push(() => {
      for (const [args, words] of written) this.#writeArguments(args, words, -1, undefined);
      return true;
    });
    const executing: Work[] = calls.map((call) => {
      let next = 0;
      return (deadline) => {
        next = this.#advance(call, next, deadline);
        if (next < call.groups) return false;
        next = 0;
        return true;
      };
    });
    return {
      dispatches: calls.length,
      execute: () => {
        this.#assertAlive();
        for (const work of executing) this.#queue.push(work);
      },
      dispose: () => {
        for (const buffer of owned) this.release(buffer);
        this.#heap.release(blocks, Math.max(1, count) * stride);
      },
    };
  }

  flush(): void {}

  async sync(): Promise<void> {
    this.#assertAlive();
    await this.#queue.settle();
  }

  memory(): MemoryInfo {
    return this.#heap.memoryInfo();
  }

  destroy(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.#pool?.close();
  }

  #copies(source: Uint8Array<ArrayBuffer>, address: number): Work {
    return () => {
      this.#heap.bytes.set(source, address);
      return true;
    };
  }

  #planOf({ kernel, params, variant }: KernelRun): PlannedKernel {
    return this.#plan(kernel, params, variant);
  }

  #plan(kernel: AnyKernel, params: unknown, forced: string | undefined): PlannedKernel {
    if (this.#plansOf !== this.choices.version) {
      this.#plans.clear();
      this.#plansOf = this.choices.version;
    }
    const key = `${kernel.name}|${forced ?? ''}|${paramsKey(params)}`;
    const known = this.#plans.get(key);
    if (known) return known;
    const { variant } = this.choices.choose(kernel, params, forced);
    const plan = variant.plan(params, this.caps);
    const made: PlannedKernel = {
      dispatches: plan.dispatches.map((dispatch): PlannedDispatch => {
        const { bindings } = dispatch.shader.entryPoints[dispatch.entryPoint] ?? { bindings: [] };
        return {
          dispatch,
          uniform: bindings.some((b) => b.type === 'uniform') ? packParams(dispatch) : undefined,
          names: new Map(bindings.map((b) => [b.binding, b.type === 'uniform' ? '' : (dispatch.buffers[b.name] ?? b.name)])),
          eager: undefined,
        };
      }),
      temporaries: Object.entries(plan.temporaries ?? {}),
    };
    if (this.#plans.size >= MAX_PLANS) this.#plans.clear();
    this.#plans.set(key, made);
    return made;
  }

  #requests(runs: readonly KernelRun[]): Request[] {
    return runs.flatMap((run) => {
      const plan = this.#planOf(run);
      return plan.dispatches.map((planned) => this.#request(run, plan, planned));
    });
  }

  /** A recorded dispatch: its parameters and sizes are constants. */
  #request(run: KernelRun, plan: PlannedKernel, { dispatch, uniform }: PlannedDispatch): Request {
    const lengths: Record<string, number> = {};
    for (const { name, type } of dispatch.shader.entryPoints[dispatch.entryPoint]?.bindings ?? []) {
      if (type === 'uniform') continue;
      const of = dispatch.buffers[name] ?? name;
      const bytes = run.buffers[of]?.byteLength ?? plan.temporaries.find(([temporary]) => temporary === of)?.[1] ?? 0;
      lengths[name] = alignedLength(bytes);
    }
    return { ...dispatch, ...(uniform && { uniform }), lengths, grid: dispatch.grid };
  }

  /** The words of an argument block, without its scratch address. */
  #argumentsOf(
    kernel: LoadedKernel,
    dispatch: Dispatch,
    names: ReadonlyMap<number, string>,
    buffers: Readonly<Record<string, DeviceBuffer>>,
  ): Uint32Array<ArrayBuffer> {
    this.#reserveScratch(kernel.scratchBytes);
    const words = new Uint32Array(2 + 2 * kernel.bindings.length);
    words[1] = dispatch.grid[2];
    kernel.bindings.forEach((binding, index) => {
      const name = names.get(binding) ?? '';
      if (name === '') return;
      const buffer = buffers[name] as WasmBuffer | undefined;
      if (!buffer) throw new Error(`${dispatch.shader.path}: no buffer for binding '${name}'`);
      words[2 + 2 * index] = buffer.address;
      words[3 + 2 * index] = alignedLength(buffer.byteLength);
    });
    return words;
  }

  #writeArguments(
    address: number,
    words: Uint32Array<ArrayBuffer>,
    uniformAt: number,
    uniform: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    const memory = this.#heap.bytes;
    if (uniform && uniformAt >= 0) {
      const slot = address + this.threads * ARGS_BYTES;
      memory.set(uniform, slot);
      words[2 + 2 * uniformAt] = slot;
      words[3 + 2 * uniformAt] = uniform.byteLength;
    }
    const bytes = new Uint8Array(words.buffer);
    for (let thread = 0; thread < this.threads; thread++) {
      words[0] = this.#scratch.address + (thread * this.#scratch.bytes) / this.threads;
      memory.set(bytes, address + thread * ARGS_BYTES);
    }
  }

  /** Memory for arrays that do not fit into locals, for each thread; grows only before work that needs it is pushed. */
  #reserveScratch(bytes: number): void {
    const wanted = this.threads * Math.ceil(bytes / 256) * 256;
    if (wanted <= this.#scratch.bytes) return;
    // Argument blocks that were written before keep the old range, so it is not given back.
    this.#scratch = { address: this.#heap.allocate(wanted, 'scratch'), bytes: wanted };
  }

  #call(kernel: LoadedKernel, args: number, { grid }: Dispatch): Call {
    return { kernel, args, groups: grid[0] * grid[1] * grid[2], gridX: grid[0], gridY: grid[1] };
  }

  /** Runs workgroups from `next` on until all have run or the time is over. @returns the next that has not run */
  #advance(call: Call, next: number, deadline: number): number {
    const { kernel, args, groups, gridX, gridY } = call;
    let at = next;
    let now = performance.now();
    while (at < groups) {
      const threads = this.#pool && groups - at > 1 && kernel.cost * (groups - at) >= this.#sharedFrom ? this.threads : 1;
      const most = kernel.chunk * threads;
      const end = Math.min(groups, at + most);
      if (threads > 1) this.#share(call, at, end);
      else kernel.run(args, at, end, gridX, gridY);
      const count = end - at;
      at = end;
      const after = performance.now();
      const took = after - now;
      now = after;
      // Half of what was measured before: one call may have been held up by another program.
      kernel.cost = (kernel.cost + (took * threads) / count) / 2;
      // The clock of a page may tick in steps of 0.1 ms.
      if (took < CALL / 2 && count === most) kernel.chunk *= 2;
      else if (took > 2 * CALL) kernel.chunk = Math.max(1, kernel.chunk >> 1);
      if (now >= deadline) break;
    }
    return at;
  }

  #share(call: Call, first: number, end: number): void {
    const { kernel, args, gridX, gridY } = call;
    // Four ranges a thread even out what the threads lose to other programs.
    const range = Math.max(1, Math.ceil((end - first) / (4 * this.threads)));
    this.#pool?.run({ kernel: kernel.number, args, first, end, gridX, gridY }, kernel.run, range);
  }

  #assertAlive(): void {
    if (this.isLost) throw new DeviceLostError('destroy() was called');
  }
}

function defaultThreads(): number {
  if (typeof process !== 'undefined' && process.versions?.node) return 1;
  return Math.min(8, globalThis.navigator?.hardwareConcurrency ?? 1);
}
