/** Takes a recorded step apart: every kernel with the parameters it has there, on buffers of its own. */
import type { DeviceBuffer, KernelRun, Program } from '../../engine/device/device.ts';
import { isVirtual } from '../../engine/device/recording-plan.ts';
import type { RecordingDevice } from '../../engine/index.ts';
import type { AnyKernel } from '../../engine/kernels/kernel.ts';
import type { StepKernel, StepKernels } from '../cases/case.ts';
import { uniform } from '../cases/data.ts';
import { bytesOf, flopsOf, shapeText } from './kernel-work.ts';

/** Calls that one program repeats, so that a batch of short kernels is not bound by the host. */
const REPEATS = 64;

/** One entry per kernel and parameter record, in the order of their first calls. */
export function stepKernels(device: RecordingDevice, runs: readonly KernelRun[]): StepKernels {
  const buffers = new Buffers(device);
  const programs: Program[] = [];
  const found = new Map<string, { run: KernelRun; calls: number }>();
  for (const run of runs) {
    const key = `${run.kernel.name} ${JSON.stringify(run.params)} ${run.variant ?? ''}`;
    const known = found.get(key);
    if (known) known.calls++;
    else found.set(key, { run, calls: 1 });
  }
  const kernels = [...found.values()].map(({ run, calls }): StepKernel => {
    const { kernel, params } = run;
    const alone: KernelRun = { ...run, buffers: buffers.of(run) };
    const once = device.compile([alone]);
    const often = device.compile(Array.from({ length: REPEATS }, () => alone));
    programs.push(once, often);
    const flops = flopsOf(params as Record<string, unknown>);
    return {
      kernel: kernel.name,
      variant: device.choices?.choose(kernel, params, run.variant).variant.id ?? '',
      shape: shapeText(params as Record<string, unknown>),
      calls,
      ...(flops === undefined ? {} : { flops }),
      bytes: bytesOf(kernel, params),
      dispatches: once.dispatches,
      async run(n) {
        for (let i = 0; i < Math.floor(n / REPEATS); i++) often.execute();
        for (let i = 0; i < n % REPEATS; i++) once.execute();
        await device.sync();
      },
    };
  });
  return {
    kernels,
    dispose() {
      for (const program of programs) program.dispose();
      buffers.dispose();
    },
  };
}

/** Length of the numbers that are written again and again, in elements. */
const PATTERN = 65536;

/**
 * Buffers for kernels that run alone. What exists outside the recording is read where it lies: parameters, images, labels, the
 * optimiser's numbers. An intermediate result gets numbers in (0, 1), which are a variance as well as an activation; whole numbers
 * get 0, which is always a class and an index. Everything that is written is separate, so that training goes on undisturbed.
 */
class Buffers {
  readonly #device: RecordingDevice;
  readonly #made = new Map<string, DeviceBuffer>();
  readonly #pattern = uniform(PATTERN, 1, 0.001, 1) as Float32Array<ArrayBuffer>;

  constructor(device: RecordingDevice) {
    this.#device = device;
  }

  of({ kernel, params, buffers }: KernelRun): Record<string, DeviceBuffer> {
    const entries = Object.entries(kernel.sizes(params)).map(([name, count]): [string, DeviceBuffer] => {
      const given = buffers[name];
      if (kernel.inputs.includes(name) && given && !isVirtual(given)) return [name, given];
      return [name, this.#buffer(kernel, name, count)];
    });
    return Object.fromEntries(entries);
  }

  /** Kernels share a buffer for what they read under the same name, and one for what they write. */
  #buffer(kernel: AnyKernel, name: string, count: number): DeviceBuffer {
    const real = (kernel.types?.[name] ?? 'f32') === 'f32';
    const input = kernel.inputs.includes(name);
    const inPlace = kernel.inPlace?.includes(name) ?? false;
    // In-place work needs content that no other kernel has written.
    const key = `${inPlace ? kernel.name : ''} ${input ? 'read' : 'written'} ${name} ${real} ${count}`;
    const known = this.#made.get(key);
    if (known) return known;
    const buffer = this.#device.allocate(4 * count, `profile ${kernel.name}.${name}`);
    this.#made.set(key, buffer);
    if (input && real) this.#fill(buffer, count, this.#pattern);
    else if (input || inPlace) this.#fill(buffer, count, new Int32Array(Math.min(count, PATTERN)));
    return buffer;
  }

  #fill(buffer: DeviceBuffer, count: number, values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): void {
    for (let at = 0; at < count; at += PATTERN) this.#device.write(buffer, values.subarray(0, count - at), 4 * at);
  }

  dispose(): void {
    for (const buffer of this.#made.values()) this.#device.release(buffer);
  }
}
