/** A device whose kernels take as long as a test says, and a clock that only they move. */
import type { DeviceInfo, KernelRun } from '../../../engine/device/device.ts';
import type { TunableDevice } from '../../../engine/device/tuning/measure.ts';
import type { TuningStore } from '../../../engine/device/tuning/store.ts';
import { VariantChoices } from '../../../engine/device/variants.ts';
import type { AdapterCaps, AnyKernel, Plan } from '../../../engine/kernels/kernel.ts';
import type { ShaderModule } from '../../../shaders/build/module.ts';

export const CAPS: AdapterCaps = {
  kind: 'gpu',
  software: false,
  subgroups: true,
  subgroupMinSize: 32,
  subgroupMaxSize: 32,
  maxWorkgroupStorageSize: 32768,
  maxInvocationsPerWorkgroup: 1024,
  maxWorkgroupsPerDimension: 65535,
  maxStorageBuffersPerStage: 10,
};

export interface Size {
  readonly n: number;
  readonly stride?: number;
}

function shader(path: string, source: string): ShaderModule {
  return { path, source, unrolled: source, params: { size: 0, fields: [] }, entryPoints: {}, overrides: [] };
}

/** A kernel with the given variants; `slow` stands for the naive one. @param text what its WGSL says */
export function fakeKernel(ids: readonly string[], { name = 'fake', text = 'v1' } = {}): AnyKernel {
  return {
    name,
    equation: '',
    inputs: ['x'],
    outputs: ['y'],
    sizes: ({ n }: Size) => ({ x: n, y: n }),
    example: { n: 4 },
    reference() {},
    variants: ids.map((id) => {
      const module = shader(`shaders/${id}.wgsl`, `${text} ${id}`);
      return {
        id,
        plan: ({ n }: Size): Plan => ({
          dispatches: [{ shader: module, entryPoint: 'main', params: {}, overrides: {}, grid: [n, 1, 1], buffers: {} }],
        }),
      };
    }),
  };
}

export interface FakeDevice extends TunableDevice {
  readonly choices: VariantChoices;
  /** Milliseconds that have passed. */
  readonly clock: { now: number };
  /** Calls by variant. */
  readonly calls: Record<string, number>;
  /** Executed batches. */
  readonly batches: string[];
  readonly held: Set<number>;
  written: number;
}

/**
 * @param costs milliseconds of one call by variant; NaN fails when it is waited for
 * @param overhead milliseconds of a wait
 */
export function fakeDevice(
  costs: Readonly<Record<string, number>>,
  { overhead = 0.1, software = false, compileMs = 0 } = {},
): FakeDevice {
  const caps = { ...CAPS, software };
  const info: DeviceInfo = { kind: 'webgpu', name: 'Acme GPU', vendor: 'acme', architecture: 'one', software };
  const clock = { now: 0 };
  const calls: Record<string, number> = {};
  const batches: string[] = [];
  const held = new Set<number>();
  const compiled = new Set<string>();
  let nextId = 1;
  let failure: Error | undefined;
  const device: FakeDevice = {
    info,
    caps,
    choices: new VariantChoices(caps),
    clock,
    calls,
    batches,
    held,
    written: 0,
    allocate(byteLength) {
      const id = nextId++;
      held.add(id);
      return { id, byteLength, root: id, byteOffset: 0 };
    },
    release: (buffer) => {
      held.delete(buffer.id);
    },
    write(_, data) {
      device.written += data.byteLength;
    },
    compile(runs: readonly KernelRun[]) {
      const variant = runs[0]?.variant ?? '';
      return {
        dispatches: runs.length,
        execute() {
          if (!compiled.has(variant)) clock.now += compileMs;
          compiled.add(variant);
          calls[variant] = (calls[variant] ?? 0) + runs.length;
          batches.push(variant);
          const cost = costs[variant] ?? 1;
          if (Number.isNaN(cost)) failure = new Error('does not compile');
          else clock.now += cost * runs.length;
        },
        dispose() {},
      };
    },
    async sync() {
      clock.now += overhead;
      const error = failure;
      failure = undefined;
      if (error) throw error;
    },
  };
  return device;
}

/** Keeps records as a database would: by value. */
export function memoryStore(
  initial: Readonly<Record<string, unknown>> = {},
): TuningStore & { readonly saved: Map<string, string> } {
  const saved = new Map(Object.entries(initial).map(([adapter, value]) => [adapter, JSON.stringify(value)]));
  return {
    saved,
    async load(adapter) {
      const text = saved.get(adapter);
      return text === undefined ? undefined : JSON.parse(text);
    },
    async save(adapter, record) {
      saved.set(adapter, JSON.stringify(record));
    },
  };
}
