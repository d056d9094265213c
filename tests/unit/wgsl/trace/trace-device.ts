/** Runs the engine's kernels on the tracer: enough of a device for `compareVariants`, and what the tracer found. */

import type { Device, DeviceBuffer, RunOptions } from '../../../../engine/device/device.ts';
import { VariantChoices } from '../../../../engine/device/variants.ts';
import type { AdapterCaps, AnyKernel, Dispatch } from '../../../../engine/kernels/kernel.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';
import { type Finding, trace } from '../../../../engine/wgsl/trace/index.ts';
import type { Module } from '../../../../engine/wgsl/typed.ts';
import type { ShaderModule } from '../../../../shaders/build/module.ts';

/** As a GPU with subgroups of four would answer: every rung of every ladder applies. */
export const TRACE_CAPS: AdapterCaps = {
  kind: 'gpu',
  software: false,
  subgroups: true,
  subgroupMinSize: 4,
  subgroupMaxSize: 4,
  maxWorkgroupStorageSize: 32768,
  maxInvocationsPerWorkgroup: 1024,
  maxWorkgroupsPerDimension: 65535,
  maxStorageBuffersPerStage: 8,
};

export interface KernelFinding extends Finding {
  readonly path: string;
  readonly entry: string;
  readonly kernel: string;
}

const modules = new Map<string, Module>();

export function moduleOf({ path, source }: ShaderModule): Module {
  let module = modules.get(path);
  if (!module) {
    module = parseModule(source, path);
    modules.set(path, module);
  }
  return module;
}

/** Buffers are bound as `array<vec4f>` too: they end at a multiple of 16 bytes, and no later. */
const padded = (bytes: number): number => Math.max(1, Math.ceil(bytes / 16)) * 16;

/** One dispatch with what it started from and what came out. */
export interface RecordedDispatch {
  readonly dispatch: Dispatch;
  readonly before: Readonly<Record<string, ArrayBuffer>>;
  readonly after: Readonly<Record<string, ArrayBuffer>>;
  readonly steps: number;
}

interface HostBuffer extends DeviceBuffer {
  bytes: ArrayBuffer;
}

export class TraceDevice {
  readonly info = { name: 'tracer' };
  readonly caps: AdapterCaps;
  readonly choices: VariantChoices;
  readonly findings: KernelFinding[] = [];
  /** Entry points that ran, as `path:entry`, each with the longest of its dispatches. */
  readonly ran = new Map<string, RecordedDispatch>();
  steps = 0;

  constructor(caps: AdapterCaps = TRACE_CAPS) {
    this.caps = caps;
    this.choices = new VariantChoices(caps);
  }

  /** For functions that take a device; they use what stands here and no more. */
  get asDevice(): Device {
    return this as unknown as Device;
  }

  allocate(byteLength: number): HostBuffer {
    return { id: 0, root: 0, byteOffset: 0, byteLength, bytes: new ArrayBuffer(padded(byteLength)) };
  }

  release(): void {}

  write(buffer: HostBuffer, data: ArrayBufferView<ArrayBuffer>): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, Math.min(data.byteLength, buffer.bytes.byteLength));
    new Uint8Array(buffer.bytes).set(bytes);
  }

  async read(buffer: HostBuffer, byteOffset = 0, byteLength = buffer.byteLength): Promise<ArrayBuffer> {
    return buffer.bytes.slice(byteOffset, byteOffset + byteLength);
  }

  run(kernel: AnyKernel, buffers: Record<string, HostBuffer>, params: unknown, { variant }: RunOptions): void {
    const chosen = kernel.variants.find(({ id }) => id === variant);
    if (!chosen) throw new Error(`kernel '${kernel.name}' has no variant '${variant}'`);
    const plan = chosen.plan(params, this.caps);
    const all = { ...buffers };
    for (const [name, bytes] of Object.entries(plan.temporaries ?? {})) {
      all[name] = this.allocate(bytes);
      new Float32Array(all[name].bytes).fill(12345.678);
    }
    for (const dispatch of plan.dispatches) this.#dispatch(kernel, dispatch, all);
  }

  #dispatch(kernel: AnyKernel, dispatch: Dispatch, buffers: Record<string, HostBuffer>): void {
    const { shader, entryPoint, params, overrides, grid } = dispatch;
    const entry = shader.entryPoints[entryPoint];
    const bound = (entry?.bindings ?? []).filter(({ type }) => type !== 'uniform');
    const named = bound.map(({ name }): [string, HostBuffer] => {
      const buffer = buffers[dispatch.buffers[name] ?? name];
      if (!buffer) throw new Error(`${shader.path}: no buffer for binding '${name}'`);
      return [name, buffer];
    });
    const result = trace({
      module: moduleOf(shader),
      source: shader.source,
      entry: entryPoint,
      workgroups: grid,
      buffers: Object.fromEntries(named.map(([name, { bytes }]) => [name, bytes])),
      uniform: params,
      overrides,
    });
    const key = `${shader.path}:${entryPoint}`;
    if (result.steps >= (this.ran.get(key)?.steps ?? 0)) {
      const before = Object.fromEntries(named.map(([name, { bytes }]) => [name, bytes]));
      this.ran.set(key, { dispatch, before, after: result.buffers, steps: result.steps });
    }
    for (const [name, buffer] of named) buffer.bytes = result.buffers[name]?.slice(0) ?? buffer.bytes;
    this.steps += result.steps;
    this.findings.push(...result.findings.map((f) => ({ ...f, path: shader.path, entry: entryPoint, kernel: kernel.name })));
  }
}
