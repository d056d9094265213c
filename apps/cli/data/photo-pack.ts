/** Photographs as one pack: JPEG and PNG files as they are, each a class of its own that its file is named after. */
import { writeFilePack } from '../../../engine/data/pack.ts';

export function photoPack(
  name: string,
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  source: string,
): Uint8Array<ArrayBuffer> {
  const classNames = files.map(({ name: file }) => file.replace(/\.[^.]+$/, '').replaceAll('_', ' '));
  const info = { name, split: 'all', classNames, mean: [0, 0, 0], std: [1, 1, 1], source };
  return writeFilePack(
    info,
    files.map(({ bytes }) => bytes),
    Uint8Array.from(files, (_, at) => at),
  );
}
