/** What preparing a set takes and gives. */
import { join } from 'node:path';
import type { DatasetName } from '../../../engine/data/catalog.ts';
import { type ImageDataset, take } from '../../../engine/data/dataset.ts';
import type { PackEntry } from '../../../engine/data/load.ts';
import { writePixelPack } from '../../../engine/data/pack.ts';
import { sha256 } from './download.ts';
import { dataFolder } from './folders.ts';
import { type SetRecord, type WrittenFile, writeWhole } from './manifest.ts';
import type { Reporter } from './report.ts';

/** How a recipe may work. */
export interface Context {
  readonly reporter: Reporter;
  /** Whether the network may be asked at all, and for files of this many bytes at most. */
  readonly maxDownload: number;
}

/** Thrown when a set cannot be had; the message is shown. */
export class Unavailable extends Error {
  /** True when the network was asked in vain: such an attempt is not repeated at once. */
  readonly asked: boolean;

  constructor(message: string, asked: boolean, options?: ErrorOptions) {
    super(message, options);
    this.asked = asked;
  }
}

/** One set that the command knows. */
export interface Recipe {
  readonly name: string;
  readonly title: string;
  /** Bytes that its download takes; 0 where none is known. */
  readonly download: number;
  /** Prepared when nothing is named; others must be asked for, unless a copy lies at hand. */
  readonly usual: boolean;
  /**
   * Finds the set, writes its files and tells what it did.
   * @throws Unavailable when no source has it
   */
  readonly prepare: (context: Context) => Promise<SetRecord>;
}

/** Writes a file into the data folder. */
export async function writeData(path: string, content: Uint8Array): Promise<WrittenFile> {
  await writeWhole(join(dataFolder, path), content);
  return { path, bytes: content.length, sha256: sha256(content) };
}

/** Downloads that `maxDownload` forbids, in words. */
export function tooLarge(recipe: { readonly name: string; readonly download: number }): Unavailable {
  const size = Math.round(recipe.download / 1e6);
  return new Unavailable(`no copy found here; a download of ${size} MB: npm run data -- --set ${recipe.name}`, false);
}

/**
 * Writes the packs of an image set: each split whole, and smaller ones with its first images, so that a quick lab downloads less.
 *
 * @param smaller numbers of images of the smaller packs, by split
 */
export async function writePacks(
  name: DatasetName,
  splits: Readonly<Record<'train' | 'test', ImageDataset>>,
  smaller: Readonly<Record<'train' | 'test', readonly number[]>>,
  source: string,
): Promise<{ files: WrittenFile[]; packs: PackEntry[] }> {
  const files: WrittenFile[] = [];
  const packs: PackEntry[] = [];
  for (const split of ['train', 'test'] as const) {
    const whole = splits[split];
    for (const count of [...smaller[split].filter((n) => n < whole.count), whole.count]) {
      const file = count === whole.count ? `${name}-${split}.pack` : `${name}-${split}-${count}.pack`;
      const written = await writeData(`packs/${file}`, await writePixelPack(take(whole, count), source));
      files.push(written);
      packs.push({ file, name, split, count, bytes: written.bytes, sha256: written.sha256 });
    }
  }
  return { files, packs };
}
