/** Icons kept in the browser's own storage. Where storage throws (private windows, opaque frames), nothing is kept and nothing breaks. */
import type { IconSet } from './icon-file.ts';

const STORE = 'icons';
/** Layers whose icons are kept. */
const MOST = 8;

interface Kept {
  readonly set: IconSet;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>): Promise<T | undefined> {
  try {
    const request = indexedDB.open('chalkgrad-features', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    const database = await settled(request);
    try {
      return await work(database.transaction(STORE, mode).objectStore(STORE));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

/** Keeps the icons of a layer, and forgets those of the layer that was kept longest ago where there are too many. */
export async function keepIcons(set: IconSet): Promise<void> {
  await within('readwrite', async (store) => {
    await settled(store.put({ set, time: Date.now() } satisfies Kept, set.key));
    const keys = await settled(store.getAllKeys());
    const all: Kept[] = await settled(store.getAll());
    const oldest = keys.map((key, at) => ({ key, time: all[at]?.time ?? 0 })).sort((a, b) => a.time - b.time);
    for (const { key } of oldest.slice(0, Math.max(0, keys.length - MOST))) await settled(store.delete(key));
  });
}

/** All icons that are kept. */
export async function keptIcons(): Promise<IconSet[]> {
  const all = await within('readonly', (store) => settled(store.getAll() as IDBRequest<Kept[]>));
  return (all ?? []).map(({ set }) => set);
}
