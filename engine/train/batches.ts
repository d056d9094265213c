/** Going through data once, in order, with whatever is to be computed of each batch. */
import type { RecordingDevice } from '../device/recording-device.ts';
import { ConfigError } from '../errors.ts';
import { keep, scope } from '../memory.ts';
import { type Tensor, tensor } from '../tensor.ts';
import type { Batch, TrainingData } from './data.ts';

/**
 * Goes through data in order and hands over the values of the tensors that `compute` returns for each batch; the next batch computes
 * meanwhile.
 */
export async function* inBatches(
  data: TrainingData,
  device: RecordingDevice,
  batchSize: number,
  compute: (batch: Batch, start: number) => readonly Tensor[],
): AsyncGenerator<{ readonly start: number; readonly size: number; readonly values: Float32Array<ArrayBuffer>[] }> {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new ConfigError('batchSize', `must be a whole number of at least 1, got ${batchSize}.`);
  const open = data.open(device);
  const indices = keep(
    tensor(
      Uint32Array.from({ length: data.count }, (_, i) => i),
      undefined,
      { dtype: 'u32', device },
    ),
  );
  const cursor = keep(tensor(new Uint32Array(1), undefined, { dtype: 'u32', device }));
  const begin = (start: number) => {
    const size = Math.min(batchSize, data.count - start);
    cursor.write([start]);
    const tensors = scope(() => compute(open.batch({ indices, cursor, batch: size }), start));
    const values = Promise.all(tensors.map((t) => t.data()));
    for (const t of tensors) t.dispose();
    return { start, size, values };
  };
  try {
    let pending: ReturnType<typeof begin> | undefined = begin(0);
    while (pending) {
      const next: number = pending.start + pending.size;
      const following: ReturnType<typeof begin> | undefined = next < data.count ? begin(next) : undefined;
      following?.values.catch(() => {});
      yield { ...pending, values: await pending.values };
      pending = following;
    }
  } finally {
    for (const t of [indices, cursor]) t.dispose();
    open.dispose();
  }
}
