import { ConfigError } from '../../errors.ts';
import { type ImageSource, listedImages, tarImages } from './folder.ts';
import { readZip } from './zip.ts';

/** What is needed of a browser's `File`: from a file input, a folder input (`webkitdirectory`) or a drop. */
export interface UserFile {
  readonly name: string;
  /** Path from the chosen folder on; empty for files that were chosen one by one. */
  readonly webkitRelativePath?: string;
  readonly arrayBuffer: () => Promise<ArrayBuffer>;
  readonly stream: () => ReadableStream<Uint8Array>;
}

/** The pieces of a stream, for browsers whose streams cannot be iterated. */
async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Files that systems put beside: `__MACOSX/`, names that start with a dot. */
const isClutter = (path: string): boolean => path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

/**
 * The images among files that the user chose: those of a folder, or inside of archives (.zip, .tar, .tar.gz, .tgz). The result is what
 * `readClassFolders` takes. A tar archive is streamed, once for its names and once for what is wanted of it, and never held; a .zip is held as it is,
 * compressed. Files that systems put beside are left out.
 *
 * @throws DataFormatError for a damaged archive; ConfigError when there is no image
 */
export async function userImages(files: Iterable<UserFile>): Promise<ImageSource[]> {
  const sources: ImageSource[] = [];
  const single = [];
  for (const file of files) {
    const bytes = async (): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());
    if (/\.zip$/i.test(file.name)) {
      const entries = readZip(await bytes(), file.name).map((entry) => ({ path: entry.name, bytes: entry.bytes }));
      sources.push(listedImages(entries.filter(({ path }) => !isClutter(path))));
    } else if (/\.(tar|tgz|tar\.gz)$/i.test(file.name)) {
      sources.push(
        await tarImages(
          () => piecesOf(file.stream()),
          file.name,
          (path) => !isClutter(path),
        ),
      );
    } else {
      const path = file.webkitRelativePath || file.name;
      if (!isClutter(path)) single.push({ path, bytes });
    }
  }
  sources.push(listedImages(single));
  if (sources.every(({ paths }) => paths.length === 0))
    throw new ConfigError('files', 'need JPEG or PNG images, in a folder or in a .zip, .tar or .tgz archive');
  return sources;
}
