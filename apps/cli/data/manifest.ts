/** data/manifest.json: what the data folder holds and where it came from, so that nobody has to guess and nothing is done twice. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PackEntry, PackIndex } from '../../../engine/data/load.ts';

/** Raised when packs change their form: older ones are then made anew. */
const VERSION = 1;

/** A file that was written, by its path in the data folder. */
export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What was prepared for one set. */
export interface SetRecord {
  /** Where the content came from, in words. */
  readonly source: string;
  /** True when every file has the published SHA-256, false when one differs, null when none is published. */
  readonly verified: boolean | null;
  /** Images that are there, by split. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Images of the published set, by split. */
  readonly published?: Readonly<Record<string, number>>;
  /** SHA-256 of the source files (uncompressed, or of the archive). */
  readonly sources: Readonly<Record<string, string>>;
  readonly files: readonly WrittenFile[];
  /** The entries of packs/index.json that belong to this set. */
  readonly packs: readonly PackEntry[];
  readonly models: PackIndex['models'];
  /** What a reader of the counts should know. */
  readonly note?: string;
}

/** The whole manifest. */
export interface Manifest {
  readonly version: number;
  readonly sets: Record<string, SetRecord>;
  /** Sets that could not be fetched: when, and why. Keeps every start from waiting for a network that is not there. */
  readonly failures: Record<string, { readonly at: string; readonly reason: string }>;
}

/** Reads the manifest; an absent, damaged or older one counts as empty. */
export async function readManifest(folder: string): Promise<Manifest> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    if (manifest.version === VERSION && manifest.sets && manifest.failures) return manifest;
  } catch {
    // Fall through: everything is prepared anew.
  }
  return { version: VERSION, sets: {}, failures: {} };
}

/** Writes a file so that nobody ever sees half of it: several commands may prepare data at the same time. */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.part`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

/** Writes the manifest and the index of packs that pages read. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const records = Object.values(manifest.sets);
  const index: PackIndex = {
    version: 1,
    packs: records.flatMap((record) => record.packs),
    models: Object.assign({}, ...records.map((record) => record.models)) as PackIndex['models'],
  };
  await writeWhole(join(folder, 'packs', 'index.json'), `${JSON.stringify(index, null, 1)}\n`);
  await writeWhole(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** True when all files of a record are there with their size. */
export async function isIntact(folder: string, record: SetRecord): Promise<boolean> {
  const checks = record.files.map(async ({ path, bytes }) => {
    try {
      return (await stat(join(folder, path))).size === bytes;
    } catch {
      return false;
    }
  });
  return (await Promise.all(checks)).every(Boolean);
}
