/** One training step on a device: gather, forward, loss, gradients, update. Traced once and replayed, or run operation by operation. */
import type { Recording, RecordingDevice } from '../device/recording-device.ts';
import { type TuneMode, type TuneReport, tuneDevice, tunes } from '../device/tuning/tune.ts';
import { copyInto, copyParams } from '../kernels/copy.ts';
import { keep, scope } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { DeviceGenerator } from '../ops/random.ts';
import { run } from '../ops/run.ts';
import type { Optimiser } from '../optim/optimiser.ts';
import { emptyTensor, type Tensor, tensor, zeros } from '../tensor.ts';
import type { Batch, OpenData } from './data.ts';
import type { LossFunction } from './loss.ts';
import { deviceOf, dropoutOf, type Trainable } from './trainable.ts';

/** Losses that can wait on the device to be read. */
export const RING = 128;

export interface StepParts<N extends Trainable = Network> {
  readonly network: N;
  readonly optimiser: Optimiser;
  readonly data: OpenData;
  readonly samples: number;
  readonly loss: LossFunction<N>;
  readonly transform: ((batch: Batch, rng: DeviceGenerator) => Batch) | undefined;
  readonly seed: number;
  readonly mode: 'recorded' | 'eager';
  /** Batches of this size are recorded; others (the last of an epoch) run eagerly. */
  readonly batchSize: number;
  /** Instead of the device's setting. */
  readonly tune: TuneMode | undefined;
}

/** Everything of a run that lives on its device. */
export class StepRunner<N extends Trainable = Network> {
  readonly parts: StepParts<N>;
  readonly device: RecordingDevice;
  /** Random numbers of the transform. */
  readonly rng: DeviceGenerator;
  readonly #indices: Tensor;
  readonly #cursor: Tensor;
  readonly #ring: Tensor;
  #recording: Recording<Tensor> | undefined;
  #recordedFor = '';
  /** The parameters that the recorded step moves. */
  #moved: readonly boolean[] = [];
  #tuned = false;

  constructor(parts: StepParts<N>) {
    const device = deviceOf(parts.network);
    this.parts = parts;
    this.device = device;
    this.rng = new DeviceGenerator(parts.seed, 'transform', device);
    this.#indices = keep(emptyTensor([parts.samples], 'order of the samples', 'u32', device));
    this.#cursor = keep(tensor(new Uint32Array(1), undefined, { dtype: 'u32', device }));
    this.#ring = keep(zeros([RING], { device }));
  }

  /** Dispatches and bytes of the recorded step, once there is one. */
  get recording(): Pick<Recording<Tensor>, 'dispatches' | 'bytes'> | undefined {
    return this.#recording;
  }

  /** The order in which the samples of the epoch come. */
  setOrder(order: Uint32Array): void {
    this.#indices.write(order);
  }

  /**
   * Enqueues a step and puts its loss into a slot of the ring.
   * @param position where its batch starts in the order
   */
  run(position: number, batch: number, slot: number): void {
    const { network, optimiser, mode, batchSize } = this.parts;
    dropoutOf(network)?.advance();
    this.rng.advance();
    this.#cursor.write([position]);
    if (mode === 'recorded' && batch === batchSize) {
      const recording = this.#recorded(batch);
      optimiser.prepare(this.#moved);
      recording.execute();
      this.#store(recording.result, slot);
    } else {
      const loss = scope(() => this.#compute(batch, (gradients) => optimiser.step(gradients)));
      this.#store(loss, slot);
      loss.dispose();
    }
    this.device.flush();
  }

  /** Records the step and compiles its shaders: the first step would do both, but its shaders one after the other. */
  async prepare(): Promise<void> {
    const { mode, samples, batchSize } = this.parts;
    if (this.#recording || mode !== 'recorded' || samples < batchSize) return;
    await this.device.prepare(this.#recordedAhead());
  }

  /** Whether `tune` has something to do. */
  get wantsTuning(): boolean {
    return !this.#tuned && this.parts.mode === 'recorded' && tunes(this.device, this.#tuneMode);
  }

  /** Records the step and has the variants of its kernels chosen by measurement, once. */
  async tune(): Promise<TuneReport | undefined> {
    if (!this.wantsTuning) return undefined;
    this.#tuned = true;
    return tuneDevice(this.device, this.#recordedAhead(), { ...this.device.tuning, mode: this.#tuneMode });
  }

  get #tuneMode(): TuneMode {
    const { tuning } = this.device;
    return this.parts.tune ?? (tuning ? (tuning.mode ?? 'measure') : 'off');
  }

  /** Reads `count` losses from a slot on; the copy is enqueued at once. */
  async losses(slot: number, count: number): Promise<Float32Array<ArrayBuffer>> {
    const bytes = await this.device.read(this.#ring.buffer('losses'), slot * 4, count * 4);
    return new Float32Array(bytes);
  }

  /** The batch of a step as the network sees it, for a diagnosis. */
  batch(position: number, batch: number): Batch {
    dropoutOf(this.parts.network)?.advance();
    this.rng.advance();
    this.#cursor.write([position]);
    return this.#batch(batch);
  }

  /** Forgets the recorded step: what it was traced from has changed in a way that cannot be seen here. */
  invalidate(): void {
    this.#recording?.result.dispose();
    this.#recording?.dispose();
    this.#recording = undefined;
  }

  dispose(): void {
    this.invalidate();
    this.rng.dispose();
    for (const t of [this.#indices, this.#cursor, this.#ring]) t.dispose();
    this.parts.data.dispose();
  }

  #batch(batch: number): Batch {
    const { data, transform } = this.parts;
    const gathered = data.batch({ indices: this.#indices, cursor: this.#cursor, batch });
    return transform ? transform(gathered, this.rng) : gathered;
  }

  #compute(batch: number, update: (gradients: (Tensor | null)[]) => void): Tensor {
    const { network, optimiser, loss } = this.parts;
    network.train?.();
    const gathered = this.#batch(batch);
    const value = loss(network.forward(gathered.inputs), gathered, network);
    update(optimiser.gradients(value));
    return value;
  }

  #recorded(batch: number): Recording<Tensor> {
    const { optimiser, network } = this.parts;
    // Freezing and thawing change which gradients there are, and which parameters share their number of steps; the forward pass
    // depends on the network's variant (see Module.variant).
    const state = () => {
      const learning = optimiser.parameters.map((parameter) => Number(parameter.requiresGrad)).join('');
      return `${learning} ${optimiser.layout} ${network.variant ?? ''}`;
    };
    if (this.#recording && this.#recordedFor !== state()) this.invalidate();
    if (!this.#recording) {
      this.#recording = this.device.record(() =>
        keep(scope(() => this.#compute(batch, (gradients) => optimiser.apply(gradients)))),
      );
      this.#moved = optimiser.active;
      this.#recordedFor = state();
    }
    return this.#recording;
  }

  /** The kernels of the step, recorded before one is taken. */
  #recordedAhead(): Recording<Tensor>['runs'] {
    // As at the beginning of a step: draws are numbered from 0.
    dropoutOf(this.parts.network)?.rewind();
    this.rng.rewind();
    return this.#recorded(this.parts.batchSize).runs;
  }

  #store(loss: Tensor, slot: number): void {
    run(copyInto, { x: loss, y: this.#ring }, copyParams({ shape: [1], strideX: [1], offsetY: slot }));
  }
}
