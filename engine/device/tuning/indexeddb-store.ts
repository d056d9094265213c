/** Measured choices in the browser's database: pages and workers of one origin share them. */
import type { TuningStore } from './store.ts';

const RECORDS = 'adapters';

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(RECORDS);
  return done(request);
}

/**
 * One record per adapter in the database `name`. Its promises reject where the browser has no database or forbids it (private windows).
 */
export function indexedDbStore(name = 'chalkgrad-tuning'): TuningStore {
  const access = async <T>(mode: IDBTransactionMode, use: (records: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const database = await open(name);
    try {
      return await done(use(database.transaction(RECORDS, mode).objectStore(RECORDS)));
    } finally {
      // Waits for the transaction.
      database.close();
    }
  };
  return {
    load: (adapter) => access('readonly', (records) => records.get(adapter)),
    async save(adapter, record) {
      await access('readwrite', (records) => records.put(record, adapter));
    },
  };
}
