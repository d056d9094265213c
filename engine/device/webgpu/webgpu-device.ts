/**
 * Runs kernels on WebGPU: one lazily opened compute pass per batch of work, cached pipelines and bind groups, pooled buffers,
 * parameters written once. Nothing here waits for the GPU except `read` and `sync`.
 */
import { DeviceLostError, LimitError, OutOfMemoryError } from '../../errors.ts';
import type { AdapterCaps, AnyKernel, KernelSpec } from '../../kernels/kernel.ts';
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
import type { OpenedAdapter } from './adapter.ts';
import { BufferPool } from './buffer-pool.ts';
import { type Pipeline, PipelineCache } from './pipelines.ts';
import { StagingPool } from './staging.ts';
import { SubmitPace } from './submit-pace.ts';
import { type UniformSlot, UniformStore } from './uniform-store.ts';

/** Dispatches after which a batch is submitted without being asked, so that the GPU starts while the host goes on. */
const BATCH = 128;
const MAX_CACHED = 8192;

interface GpuBuffer extends DeviceBuffer {
  readonly gpu: GPUBuffer;
}

/** A dispatch with its pipeline and parameters resolved; the buffers are named. */
interface PlannedDispatch {
  readonly pipeline: Pipeline;
  readonly slot: UniformSlot | undefined;
  readonly names: readonly (readonly [binding: number, name: string])[];
  readonly grid: readonly [number, number, number];
}

interface PlannedKernel {
  readonly dispatches: readonly PlannedDispatch[];
  readonly temporaries: readonly (readonly [name: string, bytes: number])[];
  readonly sizes: Readonly<Record<string, number>>;
}

/** A dispatch with everything resolved: what a pass encodes. */
interface BoundDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly dynamicOffsets: readonly number[];
  readonly grid: readonly [number, number, number];
}

export class WebGpuDevice implements Device {
  readonly info: DeviceInfo;
  readonly caps: AdapterCaps;
  readonly lost: Promise<string>;
  isLost = false;
  /** The underlying device, for timestamps and for drawing without read-back. */
  readonly gpuDevice: GPUDevice;
  readonly choices: VariantChoices;
  /** Work submitted so far, for tests and the benchmark. */
  readonly counters = { dispatches: 0, submits: 0 };

  readonly #gpu: GPU;
  readonly #pool: BufferPool;
  readonly #pipelines: PipelineCache;
  readonly #uniforms: UniformStore;
  readonly #plans = new Map<string, PlannedKernel>();
  #plansOf = 0;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #staging: StagingPool;
  readonly #gpuIds = new WeakMap<GPUBuffer, number>();
  #nextId = 1;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  /** The dispatch that the pass encoded last: what it has set need not be set again. */
  #last: BoundDispatch | undefined;
  #pending = 0;
  readonly #touched = new Set<GPUBuffer>();
  #error: Error | undefined;

  /** @param memoryLimit most bytes for tensors; see OpenOptions */
  constructor(opened: OpenedAdapter, memoryLimit?: number) {
    this.#gpu = opened.gpu;
    this.gpuDevice = opened.device;
    this.info = opened.info;
    this.caps = opened.caps;
    this.choices = new VariantChoices(opened.caps);
    this.#pool = new BufferPool(opened.device, undefined, memoryLimit);
    this.#staging = new StagingPool(opened.device);
    this.#pipelines = new PipelineCache(opened.device);
    this.#uniforms = new UniformStore(opened.device);
    this.lost = opened.device.lost.then((info) => {
      this.isLost = true;
      return info.message || info.reason;
    });
    opened.device.addEventListener('uncapturederror', (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      this.#error ??= toError(error);
    });
  }

  /** Runs the WGSL files as written instead of with their loops unrolled (same results, slower). */
  set plainShaders(plain: boolean) {
    this.#pipelines.plain = plain;
    this.#plans.clear();
  }

  allocate(byteLength: number, label?: string): DeviceBuffer {
    this.#assertAlive();
    const id = this.#nextId++;
    const buffer: GpuBuffer = { id, byteLength, root: id, byteOffset: 0, gpu: this.#pool.acquire(byteLength, label) };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    if (!this.isLost) this.#pool.release((buffer as GpuBuffer).gpu);
  }

  view(buffer: DeviceBuffer, byteOffset: number, byteLength: number): DeviceBuffer {
    const { gpu, root, byteOffset: base } = buffer as GpuBuffer;
    const range: GpuBuffer = { id: this.#nextId++, byteLength, root, byteOffset: base + byteOffset, gpu };
    return range;
  }

  write(buffer: DeviceBuffer, data: ArrayBufferView<ArrayBuffer>, byteOffset = 0): void {
    this.#assertAlive();
    const { gpu, byteOffset: base } = buffer as GpuBuffer;
    // A queue write happens before a pass that is still being encoded: what that pass reads must be submitted first.
    if (this.#touched.has(gpu)) this.flush();
    const whole = data.byteLength & ~3;
    this.gpuDevice.queue.writeBuffer(gpu, base + byteOffset, data.buffer, data.byteOffset, whole);
    if (whole < data.byteLength) {
      const tail = new Uint8Array(4);
      tail.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
      this.gpuDevice.queue.writeBuffer(gpu, base + byteOffset + whole, tail);
    }
  }

  async read(buffer: DeviceBuffer, byteOffset = 0, byteLength = buffer.byteLength - byteOffset): Promise<ArrayBuffer> {
    this.#assertAlive();
    const { gpu, byteOffset: base } = buffer as GpuBuffer;
    const start = Math.floor((base + byteOffset) / 4) * 4;
    const skip = base + byteOffset - start;
    const length = Math.ceil((skip + byteLength) / 4) * 4;
    if (length === 0) return new ArrayBuffer(0);
    const staging = this.#staging.acquire(length);
    let usable = true;
    try {
      this.#endPass();
      const encoder = this.#encoder ?? this.gpuDevice.createCommandEncoder();
      this.#encoder = encoder;
      encoder.copyBufferToBuffer(gpu, start, staging, 0, length);
      this.flush();
      await this.#settleErrors();
      usable = false;
      await staging.mapAsync(GPUMapMode.READ, 0, length);
      const bytes = staging.getMappedRange(0, length).slice(skip, skip + byteLength);
      staging.unmap();
      usable = true;
      return bytes;
    } catch (cause) {
      await this.#throwIfLost();
      throw cause;
    } finally {
      this.#staging.release(staging, usable);
    }
  }

  run<In extends string, Out extends string, P>(
    kernel: KernelSpec<In, Out, P>,
    buffers: BufferRecord<In | Out>,
    params: P,
    options: RunOptions = {},
  ): void {
    this.#assertAlive();
    const plan = this.#plan(kernel as unknown as AnyKernel, params, options.variant);
    const named = this.#withTemporaries(plan, buffers as Readonly<Record<string, DeviceBuffer>>);
    for (const dispatch of plan.dispatches) this.#encode(this.#bind(dispatch, named));
    for (const [name] of plan.temporaries) this.release(named[name] as DeviceBuffer);
    if (this.#pending >= BATCH) this.flush();
  }

  async prepare(runs: readonly KernelRun[]): Promise<void> {
    this.#assertAlive();
    const plans = runs.map(({ kernel, params, variant }) =>
      this.choices.choose(kernel, params, variant).variant.plan(params, this.caps),
    );
    await this.#pipelines.prepare(plans.flatMap(({ dispatches }) => dispatches));
  }

  compile(runs: readonly KernelRun[]): Program {
    const bound: BoundDispatch[] = [];
    const owned = new Map<number, DeviceBuffer[]>();
    const all: DeviceBuffer[] = [];
    for (const { kernel, buffers, params, variant } of runs) {
      const plan = this.#plan(kernel, params, variant);
      // Temporaries live within one kernel, so the next kernel of the program may use the same memory.
      const used: [number, DeviceBuffer][] = [];
      const named: Record<string, DeviceBuffer> = { ...buffers };
      for (const [name, bytes] of plan.temporaries) {
        const size = alignedLength(bytes);
        let buffer = owned.get(size)?.pop();
        if (!buffer) {
          buffer = this.allocate(size, `temporary ${kernel.name}.${name}`);
          all.push(buffer);
        }
        used.push([size, buffer]);
        named[name] = buffer;
      }
      for (const dispatch of plan.dispatches) bound.push(this.#bind(dispatch, named));
      for (const [size, buffer] of used) owned.set(size, [...(owned.get(size) ?? []), buffer]);
    }
    const pace = new SubmitPace(bound.length);
    return {
      dispatches: bound.length,
      execute: () => {
        this.#assertAlive();
        const { perSubmit } = pace;
        bound.forEach((dispatch, index) => {
          this.#encode(dispatch);
          if ((index + 1) % perSubmit === 0) this.flush();
        });
        this.flush();
        pace.watch(() => this.gpuDevice.queue.onSubmittedWorkDone());
      },
      dispose: () => {
        for (const buffer of all) this.release(buffer);
      },
    };
  }

  flush(): void {
    if (!this.#encoder) return;
    this.#endPass();
    const commands = this.#encoder.finish();
    this.#encoder = undefined;
    this.#pending = 0;
    this.#touched.clear();
    this.gpuDevice.queue.submit([commands]);
    this.counters.submits++;
    for (const buffer of this.#pool.takeDoomed()) {
      buffer.destroy();
      this.#bindGroups.clear();
    }
  }

  async sync(): Promise<void> {
    this.#assertAlive();
    this.flush();
    await this.gpuDevice.queue.onSubmittedWorkDone();
    await this.#settleErrors();
  }

  memory(): MemoryInfo {
    const [tensors, staging] = [this.#pool.memory(), this.#staging.memory()];
    return {
      bytes: tensors.bytes + staging.bytes,
      buffers: tensors.buffers + staging.buffers,
      pooledBytes: tensors.pooledBytes + staging.pooledBytes,
    };
  }

  destroy(): void {
    this.isLost = true;
    this.gpuDevice.destroy();
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
    const dispatches = plan.dispatches.map((dispatch): PlannedDispatch => {
      const most = this.caps.maxWorkgroupsPerDimension;
      for (const n of dispatch.grid) {
        if (n > most) throw new LimitError(`kernel '${kernel.name}' (workgroups along one axis)`, n, most);
      }
      const pipeline = this.#pipelines.get(dispatch);
      const { bindings } = pipeline.entry;
      return {
        pipeline,
        slot: bindings.some((b) => b.type === 'uniform') ? this.#uniforms.slot(packParams(dispatch)) : undefined,
        names: bindings.map((b) => [b.binding, b.type === 'uniform' ? '' : (dispatch.buffers[b.name] ?? b.name)] as const),
        grid: [dispatch.grid[0], dispatch.grid[1], dispatch.grid[2]],
      };
    });
    const made: PlannedKernel = { dispatches, temporaries: Object.entries(plan.temporaries ?? {}), sizes: kernel.sizes(params) };
    if (this.#plans.size >= MAX_CACHED) this.#plans.clear();
    this.#plans.set(key, made);
    return made;
  }

  #withTemporaries(plan: PlannedKernel, buffers: Readonly<Record<string, DeviceBuffer>>): Readonly<Record<string, DeviceBuffer>> {
    if (plan.temporaries.length === 0) return buffers;
    const named = { ...buffers };
    for (const [name, bytes] of plan.temporaries) named[name] = this.allocate(bytes, `temporary ${name}`);
    return named;
  }

  #bind(dispatch: PlannedDispatch, buffers: Readonly<Record<string, DeviceBuffer>>): BoundDispatch {
    const { pipeline, slot } = dispatch;
    let key = `${pipeline.key}|${slot?.pageId ?? 0}`;
    for (const [, name] of dispatch.names) {
      const buffer = buffers[name] as GpuBuffer | undefined;
      if (buffer) key += `|${this.#gpuId(buffer.gpu)}:${buffer.byteOffset}:${buffer.byteLength}`;
    }
    let bindGroup = this.#bindGroups.get(key);
    if (!bindGroup) {
      bindGroup = this.gpuDevice.createBindGroup({
        layout: pipeline.layout,
        entries: dispatch.names.map(([binding, name]) => ({ binding, resource: this.#resource(name, buffers, slot, pipeline) })),
      });
      if (this.#bindGroups.size >= MAX_CACHED) this.#bindGroups.clear();
      this.#bindGroups.set(key, bindGroup);
    }
    for (const [, name] of dispatch.names) {
      const buffer = buffers[name] as GpuBuffer | undefined;
      if (buffer) this.#touched.add(buffer.gpu);
    }
    return { pipeline: pipeline.pipeline, bindGroup, dynamicOffsets: slot ? [slot.offset] : [], grid: dispatch.grid };
  }

  #resource(
    name: string,
    buffers: Readonly<Record<string, DeviceBuffer>>,
    slot: UniformSlot | undefined,
    pipeline: Pipeline,
  ): GPUBufferBinding {
    if (name === '' && slot) return { buffer: slot.page, size: 256 };
    const buffer = buffers[name] as GpuBuffer | undefined;
    if (!buffer) throw new Error(`${pipeline.key}: no buffer for binding '${name}'`);
    return { buffer: buffer.gpu, offset: buffer.byteOffset, size: alignedLength(buffer.byteLength) };
  }

  #encode(dispatch: BoundDispatch): void {
    if (!this.#pass) {
      this.#encoder ??= this.gpuDevice.createCommandEncoder();
      this.#pass = this.#encoder.beginComputePass();
    }
    const { pipeline, bindGroup, dynamicOffsets } = dispatch;
    const last = this.#last;
    if (last?.pipeline !== pipeline) this.#pass.setPipeline(pipeline);
    if (last?.bindGroup !== bindGroup || last.dynamicOffsets[0] !== dynamicOffsets[0]) {
      this.#pass.setBindGroup(0, bindGroup, dynamicOffsets);
    }
    this.#last = dispatch;
    this.#pass.dispatchWorkgroups(dispatch.grid[0], dispatch.grid[1], dispatch.grid[2]);
    this.#pending++;
    this.counters.dispatches++;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#last = undefined;
  }

  #gpuId(gpu: GPUBuffer): number {
    let id = this.#gpuIds.get(gpu);
    if (id === undefined) {
      id = this.#nextId++;
      this.#gpuIds.set(gpu, id);
    }
    return id;
  }

  async #settleErrors(): Promise<void> {
    const pending = this.#pipelines.pending.splice(0);
    for (const error of await Promise.all(pending)) {
      if (error) this.#error ??= toError(error);
    }
    await this.#throwIfLost();
    if (this.#error) {
      const error = this.#error;
      this.#error = undefined;
      throw error;
    }
  }

  async #throwIfLost(): Promise<void> {
    // Losing the device rejects pending maps before its promise is seen: give it one turn.
    await Promise.resolve();
    if (this.isLost) throw new DeviceLostError(await this.lost);
  }

  #assertAlive(): void {
    if (this.isLost || !this.#gpu) throw new DeviceLostError('the device is gone');
  }
}

function toError(error: GPUError): Error {
  if (typeof GPUOutOfMemoryError !== 'undefined' && error instanceof GPUOutOfMemoryError) {
    return new OutOfMemoryError(error.message, 0);
  }
  return new Error(`WebGPU: ${error.message}`);
}
