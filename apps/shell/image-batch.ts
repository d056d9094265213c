/** Pictures of a run as the components take them. */
import type { ImageBatch } from '../components/shared/images.ts';
import type { ImagesEvent } from '../runtime/events.ts';

const made = new WeakMap<ImagesEvent, ImageBatch>();

/** The same batch for the same event, so that nothing is drawn twice; null where there are no pictures yet. */
export function batchOf(event: ImagesEvent | undefined): ImageBatch | null {
  if (!event) return null;
  const known = made.get(event);
  if (known) return known;
  const [count, height, width, channels] = event.shape;
  const { data } = event;
  const bytes = data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
  const batch: ImageBatch = { data: bytes, count, height, width, channels: channels === 3 ? 3 : 1 };
  made.set(event, batch);
  return batch;
}

/** Pictures with one channel: bytes 0 … 255, or floats. */
export const grayBatch = (data: ImageBatch['data'], width: number, height = width): ImageBatch => ({
  data,
  count: data.length / (width * height),
  width,
  height,
  channels: 1,
});

/** Some pictures of a batch, in the given order. */
export function picked(batch: ImageBatch, indices: readonly number[]): ImageBatch {
  const size = batch.width * batch.height * batch.channels;
  const chosen =
    batch.data instanceof Uint8Array ? new Uint8Array(indices.length * size) : new Float32Array(indices.length * size);
  indices.forEach((index, at) => {
    chosen.set(batch.data.subarray(index * size, (index + 1) * size), at * size);
  });
  return { ...batch, data: chosen, count: indices.length };
}
