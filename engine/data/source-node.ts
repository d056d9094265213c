import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource } from './source.ts';

/**
 * Files of a folder, for Node: tests, command line and notebooks.
 *
 * @param folder path of the folder, for example 'data/packs'
 */
export function folderSource(folder: string): DataSource {
  return {
    async read(path, { onProgress, signal } = {}) {
      try {
        const buffer = await readFile(join(folder, path), signal ? { signal } : {});
        // A plain array: slice() of a Buffer is a view, that of an Uint8Array a copy.
        const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
        onProgress?.(bytes.length, bytes.length);
        return bytes;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
        throw error;
      }
    },
  };
}
