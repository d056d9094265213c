/** Pictures that a reader can pick: taken out of a batch, or decoded from files. */
import type { ImageBatch } from '../shared/images.ts';

/** Size of the pictures that are picked. */
export interface PickedSize {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Bytes of one picture of a batch, [height, width, channels]; floats by the batch's range, as they are drawn. */
export function bytesOf(batch: ImageBatch, index: number): Uint8Array<ArrayBuffer> {
  const size = batch.width * batch.height * batch.channels;
  const values = batch.data.subarray(index * size, (index + 1) * size);
  if (values instanceof Uint8Array) return Uint8Array.from(values);
  const [black, white] = batch.range ?? [0, 1];
  return Uint8Array.from(values, (value) =>
    Math.min(255, Math.max(0, Math.round(((value - black) / (white - black || 1)) * 255))),
  );
}

/** RGBA bytes as a picture of one channel (ITU-R BT.601 luma) or three; what is transparent is black. */
export function fromRgba(rgba: Uint8ClampedArray, channels: 1 | 3): Uint8Array<ArrayBuffer> {
  const count = rgba.length / 4;
  const out = new Uint8Array(count * channels);
  for (let i = 0; i < count; i++) {
    const alpha = (rgba[4 * i + 3] as number) / 255;
    const [r, g, b] = [0, 1, 2].map((c) => (rgba[4 * i + c] as number) * alpha) as [number, number, number];
    if (channels === 1) out[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    else out.set([Math.round(r), Math.round(g), Math.round(b)], 3 * i);
  }
  return out;
}

/** Files stretched to one size. @throws Error naming the file that is no picture */
export async function decodeFiles(files: readonly File[], { width, height, channels }: PickedSize): Promise<ImageBatch> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  const size = width * height * channels;
  const data = new Uint8Array(files.length * size);
  for (const [n, file] of files.entries()) {
    const picture = await createImageBitmap(file).catch(() => {
      throw new Error(`${file.name} is no picture that this browser can read.`);
    });
    context.clearRect(0, 0, width, height);
    context.drawImage(picture, 0, 0, width, height);
    picture.close();
    data.set(fromRgba(context.getImageData(0, 0, width, height).data, channels), n * size);
  }
  return { data, count: files.length, width, height, channels };
}

/** Own files that are shown at most. */
const MOST_OWN = 60;

/** The reader's own pictures at the size that is wanted now; the files are kept, since that size changes with the network. */
export class OwnPictures {
  readonly #changed: () => void;
  readonly #decode: typeof decodeFiles;
  #files: readonly File[] = [];
  /** Counts what was asked for: what is overtaken while it is decoded is dropped. */
  #turn = 0;
  #unread = '';
  #failure = '';
  batch: ImageBatch | null = null;

  constructor(changed: () => void, decode = decodeFiles) {
    this.#changed = changed;
    this.#decode = decode;
  }

  get names(): readonly string[] {
    return this.#files.map(({ name }) => name);
  }

  /** What could not be used, in words. */
  get failure(): string {
    return [this.#failure, this.#unread].filter(Boolean).join(' ');
  }

  /** @param archives how many of them came along: their pictures cannot be picked */
  async give(files: readonly File[], archives: number, size: PickedSize): Promise<void> {
    this.#unread = archives > 0 ? 'Pictures cannot be picked out of an archive: unpack it and give the folder.' : '';
    if (files.length > 0) this.#files = files.slice(0, MOST_OWN);
    await this.resize(size);
  }

  async resize(size: PickedSize): Promise<void> {
    const turn = ++this.#turn;
    // Those of another size, or of other files, are not to be picked meanwhile.
    this.batch = null;
    this.#failure = '';
    this.#changed();
    if (this.#files.length > 0) {
      try {
        const batch = await this.#decode(this.#files, size);
        if (turn === this.#turn) this.batch = batch;
      } catch (error) {
        if (turn === this.#turn) this.#failure = (error as Error).message;
      }
    }
    this.#changed();
  }
}
