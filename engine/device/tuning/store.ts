/** Where measured choices outlive the page. */
import type { TuningRecord } from './record.ts';

/** What goes wrong here is reported and otherwise ignored: a store may throw, and may return anything. */
export interface TuningStore {
  /** What was saved for this adapter, unchecked; undefined where nothing was. */
  load(adapter: string): Promise<unknown>;
  save(adapter: string, record: TuningRecord): Promise<void>;
}
