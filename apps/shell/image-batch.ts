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

/** Batches made of the same thing in the same way, so that a view may ask at every frame and nothing is drawn twice. */
class Kept<K extends object> {
  readonly #known = new WeakMap<K, Map<string, ImageBatch>>();

  of(source: K, how: string, make: () => ImageBatch): ImageBatch {
    const batches = this.#known.get(source) ?? new Map<string, ImageBatch>();
    this.#known.set(source, batches);
    const known = batches.get(how);
    if (known) return known;
    // A reader who walks over all points shall not fill the memory with their neighbours.
    if (batches.size >= MOST_KEPT) batches.clear();
    const batch = make();
    batches.set(how, batch);
    return batch;
  }
}

const MOST_KEPT = 32;
const grays = new Kept<ImageBatch['data']>();
const choices = new Kept<ImageBatch>();

/**
 * Pictures with one channel: bytes 0 … 255, or floats. The same batch for the same data.
 * @param range floats: what is shown as black and white
 */
export function grayBatch(data: ImageBatch['data'], width: number, height = width, range?: ImageBatch['range']): ImageBatch {
  const count = data.length / (width * height);
  const how = `${width} ${height} ${range?.join(' ')}`;
  return grays.of(data, how, () => ({ data, count, width, height, channels: 1, ...(range && { range }) }));
}

/** Some pictures of a batch, in the given order. The same batch for the same pictures. */
export const picked = (batch: ImageBatch, indices: readonly number[]): ImageBatch =>
  choices.of(batch, indices.join(), () => chosen(batch, indices));

function chosen(batch: ImageBatch, indices: readonly number[]): ImageBatch {
  const size = batch.width * batch.height * batch.channels;
  const data = batch.data instanceof Uint8Array ? new Uint8Array(indices.length * size) : new Float32Array(indices.length * size);
  indices.forEach((index, at) => {
    data.set(batch.data.subarray(index * size, (index + 1) * size), at * size);
  });
  return { ...batch, data, count: indices.length };
}
