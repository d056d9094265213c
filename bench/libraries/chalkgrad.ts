/**
 * The engine in the form its Trainer uses: kernels compiled into a program that is replayed, training steps recorded once. The
 * ladders' rungs run through the same program, with the variant forced.
 */

import type { DeviceBuffer, KernelRun } from '../../engine/device/device.ts';
import { WebGpuDevice } from '../../engine/device/webgpu/webgpu-device.ts';
import { openDevice, type RecordingDevice, setDevice } from '../../engine/index.ts';
import { version } from '../../package.json';
import type { AdapterDescription, Library, Prepared, Runtime, Workload } from '../cases/case.ts';
import { operands } from '../cases/operands.ts';
import { processors } from '../roofline/processors.ts';
import { CPU_ADAPTER } from './adapters.ts';
import { choicesFor, tuneFor } from './chalkgrad-choices.ts';
import { type KernelCall, kernelCalls } from './chalkgrad-kernels.ts';
import { prepareForward, prepareReplay, prepareTraining, type Tune } from './chalkgrad-network.ts';

export const chalkgrad: Library = {
  name: 'chalkgrad',
  backends: ['webgpu', 'wasm', 'wasm-threads'],
  async open(backend, options = {}) {
    const device =
      backend === 'webgpu'
        ? await openDevice('webgpu')
        : await openDevice('wasm', { threads: backend === 'wasm' ? 1 : await processors() });
    const { threads } = device.backend as { threads?: number };
    if (backend === 'wasm-threads' && threads === 1) throw new Error('memory cannot be shared here, or there is one core');
    return new ChalkgradRuntime(device, options.tune ? tuneFor : async () => {});
  },
};

/** Calls that one program repeats, so that a batch of short kernels is not bound by the host. */
const REPEATS = 16;

class ChalkgradRuntime implements Runtime {
  readonly version = version;
  readonly adapter: AdapterDescription;
  readonly #device: RecordingDevice;
  readonly #tune: Tune;

  constructor(device: RecordingDevice, tune: Tune) {
    this.#device = device;
    this.#tune = tune;
    const { kind, vendor, architecture, name, software } = device.info;
    this.adapter =
      kind === 'webgpu'
        ? { api: 'webgpu', vendor, architecture, description: name, software }
        : { ...CPU_ADAPTER, description: name, threads: (device.backend as { threads?: number }).threads ?? 1 };
  }

  /** The raw device, for the roofline in Node. */
  get gpuDevice(): GPUDevice {
    const { backend } = this.#device;
    if (!(backend instanceof WebGpuDevice)) throw new Error('the benchmark needs a WebGPU device');
    return backend.gpuDevice;
  }

  unsupported(): string | undefined {
    return undefined;
  }

  /** Rungs of the main kernel of a workload, from the naive one to the fastest that applies here. */
  variants(workload: Workload): readonly string[] {
    if (['training-step', 'forward', 'replay'].includes(workload.type)) return [];
    const main = kernelCalls(workload).find((call) => call.ladder);
    if (!main) return [];
    const { kernel, params } = main;
    return (this.#device.choices?.applicable(kernel, params) ?? []).map((variant) => variant.id);
  }

  async prepare(workload: Workload, variant?: string): Promise<Prepared> {
    // Several of these devices may be open; tensors are made on the one that is set.
    setDevice(this.#device);
    if (workload.type === 'training-step') return prepareTraining(this.#device, workload.network, this.#tune);
    if (workload.type === 'forward') return prepareForward(this.#device, workload.network, this.#tune);
    if (workload.type === 'replay') return prepareReplay(this.#device, workload);
    return this.#prepareKernels(workload, variant);
  }

  async #prepareKernels(workload: Workload, forced: string | undefined): Promise<Prepared> {
    const device = this.#device;
    const calls = kernelCalls(workload);
    if (forced === undefined) await this.#tune(device, calls);
    const sizes = Object.assign({}, ...calls.map(sizesOf)) as Record<string, number>;
    const buffers: Record<string, DeviceBuffer> = {};
    for (const [name, count] of Object.entries(sizes)) buffers[name] = device.allocate(count * 4, `bench ${name}`);
    const given: Record<string, Float32Array> = Object.assign(
      Object.fromEntries(Object.entries(operands(workload)).map(([name, operand]) => [name, operand.values])),
      ...calls.map((call) => call.data ?? {}),
    );
    const upload = () => {
      for (const [name, values] of Object.entries(given)) {
        if (buffers[name]) device.write(buffers[name], values as Float32Array<ArrayBuffer>);
      }
    };
    upload();
    const runs = calls.map((call): KernelRun => {
      const names = [...call.kernel.inputs, ...call.kernel.outputs];
      const bound = Object.fromEntries(names.map((name) => [name, buffers[call.names?.[name] ?? name] as DeviceBuffer]));
      return { kernel: call.kernel, buffers: bound, params: call.params, variant: call.ladder ? forced : undefined };
    });
    const choices = choicesFor(device, runs);
    const once = device.compile(runs);
    const often = device.compile(Array.from({ length: REPEATS }, () => runs).flat());
    const [result, count] = resultOf(calls);
    return {
      async run(n) {
        for (let i = 0; i < Math.floor(n / REPEATS); i++) often.execute();
        for (let i = 0; i < n % REPEATS; i++) once.execute();
        await device.sync();
      },
      async check() {
        // Adam works in place, so its operands are put back before the one execution that is compared.
        upload();
        once.execute();
        return new Float32Array(await device.read(buffers[result] as DeviceBuffer, 0, count * 4));
      },
      dispose() {
        once.dispose();
        often.dispose();
        for (const buffer of Object.values(buffers)) device.release(buffer);
      },
      variant: choices.map((choice) => choice.variant).join(' + '),
      choices,
      dispatches: once.dispatches,
    };
  }
}

/** Elements of each buffer under the name it has in the benchmark. */
function sizesOf(call: KernelCall): Record<string, number> {
  const sizes = call.kernel.sizes(call.params);
  return Object.fromEntries(Object.entries(sizes).map(([name, count]) => [call.names?.[name] ?? name, count]));
}

/** Name and length of the buffer that is compared: the one marked by the last call. */
function resultOf(calls: readonly KernelCall[]): [name: string, count: number] {
  const last = calls.at(-1) as KernelCall;
  const count = sizesOf(last)[last.result];
  if (count === undefined) throw new Error(`kernel '${last.kernel.name}' has no buffer '${last.result}'`);
  return [last.result, count];
}
