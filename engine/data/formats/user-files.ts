import { ConfigError } from '../../errors.ts';
import { type ListedFile, listTarImages } from './folder.ts';
import { isImageName } from './image.ts';
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

/**
 * Lists the images among files that the user chose: those of a folder, or inside of archives (.zip, .tar, .tar.gz, .tgz). The result is
 * what `readClassFolders` takes. Files that systems put beside (`__MACOSX/`, names that start with a dot) are left out.
 *
 * @throws DataFormatError for a damaged archive; ConfigError when there is no image
 */
export async function listUserFiles(files: Iterable<UserFile>): Promise<ListedFile[]> {
  const out: ListedFile[] = [];
  for (const file of files) {
    const bytes = async (): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());
    if (/\.zip$/i.test(file.name)) {
      for (const entry of readZip(await bytes(), file.name)) out.push({ path: entry.name, bytes: entry.bytes });
    } else if (/\.(tar|tgz|tar\.gz)$/i.test(file.name)) {
      out.push(...(await listTarImages(piecesOf(file.stream()), file.name)));
    } else {
      out.push({ path: file.webkitRelativePath || file.name, bytes });
    }
  }
  const isClutter = (path: string): boolean => path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
  const images = out.filter(({ path }) => isImageName(path) && !isClutter(path));
  if (images.length === 0)
    throw new ConfigError('files', 'need JPEG or PNG images, in a folder or in a .zip, .tar or .tgz archive');
  return images;
}
