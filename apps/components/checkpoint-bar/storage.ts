/**
 * The last checkpoint of each lab in the browser's own storage. In an opaque-origin frame, in private windows and where the reader
 * forbids it, storage throws: then nothing is remembered and nothing breaks.
 */
export interface StoredCheckpoint {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly step: number;
  /** Shown beside the button, such as the settings. */
  readonly note: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const STORE = 'checkpoints';

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('chalkgrad', 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  try {
    const database = await open();
    try {
      return await settled(work(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

/** @returns whether it was stored */
export async function remember(key: string, checkpoint: StoredCheckpoint): Promise<boolean> {
  return (await within('readwrite', (store) => store.put(checkpoint, key))) !== undefined;
}

export const recall = (key: string): Promise<StoredCheckpoint | undefined> =>
  within('readonly', (store) => store.get(key) as IDBRequest<StoredCheckpoint | undefined>);

export async function forget(key: string): Promise<void> {
  await within('readwrite', (store) => store.delete(key));
}
