/** The stored form of one adapter's measured choices. */

export const RECORD_FORMAT = 1;

/** Choices kept per adapter; the oldest give way. */
const MOST_ENTRIES = 2000;

export interface TuningEntry {
  /** The variant that was fastest. */
  readonly variant: string;
  /** Its time for one call of the kernel, in microseconds. */
  readonly microseconds: number;
}

/** JSON-compatible. */
export interface TuningRecord {
  readonly format: typeof RECORD_FORMAT;
  readonly adapter: string;
  /** By `choiceKey`, oldest first. */
  readonly entries: Readonly<Record<string, TuningEntry>>;
}

/** @returns the entries, or undefined where `value` is no record of this format and adapter */
export function readRecord(value: unknown, adapter: string): ReadonlyMap<string, TuningEntry> | undefined {
  if (!isObject(value) || value.format !== RECORD_FORMAT || value.adapter !== adapter || !isObject(value.entries))
    return undefined;
  const entries = Object.entries(value.entries);
  return entries.every(isEntry) ? new Map(entries as [string, TuningEntry][]) : undefined;
}

export function makeRecord(adapter: string, entries: ReadonlyMap<string, TuningEntry>): TuningRecord {
  return { format: RECORD_FORMAT, adapter, entries: Object.fromEntries([...entries].slice(-MOST_ENTRIES)) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEntry([, value]: readonly [string, unknown]): boolean {
  return isObject(value) && typeof value.variant === 'string' && Number.isFinite(value.microseconds);
}
