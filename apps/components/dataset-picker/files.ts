/** The reader's own files: what they are and which class they belong to. */

export interface OwnFile {
  readonly file: File;
  /** Path below the dropped folder, with `/`; the name where a single file was dropped. */
  readonly path: string;
}

export interface OwnImages {
  readonly images: readonly (OwnFile & { readonly label: number | null })[];
  /** Names of the class folders, sorted. */
  readonly classes: readonly string[];
  /** Archives of class folders, for the data loader to read. */
  readonly archives: readonly OwnFile[];
  /** Files that are neither image nor archive. */
  readonly skipped: readonly string[];
}

const isImage = (path: string) => /\.(jpe?g|png|webp|gif|bmp|avif)$/i.test(path);
const isArchive = (path: string) => /\.(zip|tar|tgz|tar\.gz)$/i.test(path);

/** The folder an image lies in is its class: `train/parachute/a.jpg` → `parachute`. Files without a folder have none. */
export function classOf(path: string): string | null {
  const parts = path.split('/').filter(Boolean);
  return parts.length >= 2 ? (parts[parts.length - 2] as string) : null;
}

/** Sorts files into images with labels, archives and what is left. Hidden files (`.DS_Store`, `__MACOSX/`) do not count. */
export function sortFiles(files: readonly OwnFile[]): OwnImages {
  const visible = files.filter(({ path }) => !/(^|\/)(\.|__MACOSX\/)/.test(path));
  const images = visible.filter(({ path }) => isImage(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const names = images.map(({ path }) => classOf(path));
  const unique = [...new Set(names.filter((name): name is string => name !== null))].sort();
  // One folder of images is a heap, not a class.
  const classes = unique.length > 1 ? unique : [];
  return {
    images: images.map((image, i) => ({
      ...image,
      label: classes.length > 0 && names[i] !== null ? classes.indexOf(names[i] as string) : null,
    })),
    classes,
    archives: visible.filter(({ path }) => isArchive(path)),
    skipped: visible.filter(({ path }) => !isImage(path) && !isArchive(path)).map(({ path }) => path),
  };
}

const readEntries = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
  new Promise((resolve, reject) => reader.readEntries(resolve, reject));

async function walk(entry: FileSystemEntry, prefix: string): Promise<OwnFile[]> {
  const path = prefix + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: OwnFile[] = [];
  // A reader hands out at most a hundred entries at a time.
  for (let batch = await readEntries(reader); batch.length > 0; batch = await readEntries(reader)) {
    for (const child of batch) found.push(...(await walk(child, `${path}/`)));
  }
  return found;
}

/** All files of a drop, folders walked. */
export async function droppedFiles(transfer: DataTransfer): Promise<OwnFile[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry?.())
    .filter((entry): entry is FileSystemEntry => entry !== null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const lists = await Promise.all(entries.map((entry) => walk(entry, '')));
  return lists.flat();
}

export const chosenFiles = (list: FileList): OwnFile[] =>
  [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/** What was given as a run takes it, by path. Nothing is read here: archives may be larger than what a page should hold. */
export const filesOf = ({ images, archives }: OwnImages): Map<string, File> =>
  new Map([...images, ...archives].map(({ file, path }) => [path, file]));
