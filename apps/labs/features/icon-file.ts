/** The icons of one layer as a file: what a page keeps and gives to the next run. Plain, without the engine. */

export interface IconSet {
  /** Network, layer and recipe; see `iconKey`. */
  readonly key: string;
  readonly side: number;
  readonly depth: 1 | 3;
  readonly channels: Uint16Array;
  /** [channels.length, side, side, depth] */
  readonly pixels: Uint8Array;
}

/** Files of a start that are icons, not networks or pictures. */
export const ICON_FILE = 'icons: ';

/** [bytes of the header, u32][header, JSON][pixels] */
export function writeIcons({ key, side, depth, channels, pixels }: IconSet): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ key, side, depth, channels: [...channels] }));
  const file = new Uint8Array(4 + header.length + pixels.length);
  new DataView(file.buffer).setUint32(0, header.length, true);
  file.set(header, 4);
  file.set(pixels, 4 + header.length);
  return file;
}

/** @returns undefined for what is no such file: icons are made anew then */
export function readIcons(file: Uint8Array): IconSet | undefined {
  try {
    const length = new DataView(file.buffer, file.byteOffset, file.byteLength).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(4, 4 + length))) as Omit<IconSet, 'channels' | 'pixels'> & {
      channels: number[];
    };
    const { key, side, depth } = header;
    const pixels = file.slice(4 + length);
    const channels = Uint16Array.from(header.channels);
    if (typeof key !== 'string' || pixels.length !== channels.length * side * side * depth) return undefined;
    return { key, side, depth, channels, pixels };
  } catch {
    return undefined;
  }
}

/** The icons of a layer, by channel. */
export class IconBook {
  readonly key: string;
  readonly side: number;
  readonly depth: 1 | 3;
  readonly #icons = new Map<number, Uint8Array>();

  constructor(key: string, side: number, depth: 1 | 3) {
    this.key = key;
    this.side = side;
    this.depth = depth;
  }

  /** Takes the icons of a set over, where they are of this network, layer and recipe. */
  take(set: IconSet | undefined): void {
    if (set?.key !== this.key || set.side !== this.side || set.depth !== this.depth) return;
    const bytes = this.side * this.side * this.depth;
    set.channels.forEach((channel, at) => {
      this.#icons.set(channel, set.pixels.subarray(at * bytes, (at + 1) * bytes));
    });
  }

  has(channel: number): boolean {
    return this.#icons.has(channel);
  }

  set(channel: number, icon: Uint8Array): void {
    this.#icons.set(channel, icon);
  }

  get size(): number {
    return this.#icons.size;
  }

  /** All of them, copied. */
  all(): IconSet {
    const bytes = this.side * this.side * this.depth;
    const pixels = new Uint8Array(this.#icons.size * bytes);
    [...this.#icons.values()].forEach((icon, at) => {
      pixels.set(icon, at * bytes);
    });
    return { key: this.key, side: this.side, depth: this.depth, channels: Uint16Array.from(this.#icons.keys()), pixels };
  }
}
