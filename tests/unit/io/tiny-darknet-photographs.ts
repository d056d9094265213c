/**
 * Tiny Darknet on photographs, as TensorFlow.js sees them. `tiny-darknet-tfjs.json` holds the five largest probabilities [class, p] that TensorFlow.js 4.22
 * (layers model, WebAssembly backend) gives for the same pixels: decoded by `nodeDecoder`, stretched to 224 × 224 (bilinear), divided by 255.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { userPlaces } from '../../../apps/cli/data/folders.ts';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { nodeDecoder } from '../../../engine/data/formats/image-node.ts';
import { resizeSamples } from '../../../engine/data/formats/resize.ts';

/** The largest probabilities, the largest first. */
export type Top = readonly (readonly [index: number, probability: number])[];

const reference = JSON.parse(readFileSync(new URL('./tiny-darknet-tfjs.json', import.meta.url), 'utf8')) as Record<string, Top>;

export interface ReferencePhotograph {
  /** `photos/church`: folder and name. */
  readonly key: string;
  readonly top: Top;
  readonly path: string;
}

const packs = join(repositoryRoot, 'data/packs');
/** Whether the network has been prepared. */
export const hasTinyDarknet = existsSync(join(packs, 'tiny-darknet.safetensors'));
export const packsFolder = packs;

/** The photographs of a folder that this machine has: of `photos` none where no data mirror is named, of `photos-free` all. */
export function photographsIn(folder: 'photos' | 'photos-free'): ReferencePhotograph[] {
  const places =
    folder === 'photos-free' ? [join(repositoryRoot, 'apps/cli/data/photos-free')] : userPlaces([folder]).map((p) => p.folder);
  return Object.entries(reference).flatMap(([key, top]) => {
    if (!key.startsWith(`${folder}/`)) return [];
    const path = places.map((place) => join(place, `${key.slice(folder.length + 1)}.jpg`)).find(existsSync);
    return path ? [{ key, top, path }] : [];
  });
}

/** [224, 224, 3], 0 … 1. */
export async function pixelsOf({ path }: ReferencePhotograph): Promise<Float32Array<ArrayBuffer>> {
  const { data, height, width } = await nodeDecoder(readFileSync(path), path);
  return Float32Array.from(resizeSamples(data, height, width, 3, 224, 224), (value) => value / 255);
}
