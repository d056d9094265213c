/** Choice of variants by measurement, and where it is kept. */
export { indexedDbStore } from './indexeddb-store.ts';
export { adapterKey } from './key.ts';
export type { TuningEntry, TuningRecord } from './record.ts';
export type { TuningStore } from './store.ts';
export {
  type Measurement,
  type TuneMode,
  type TuneReport,
  type TuningOptions,
  type TuningWork,
  tuneDevice,
  tunes,
} from './tune.ts';
