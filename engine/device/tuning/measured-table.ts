/** Measured choices as a device asks for them. */
import type { AdapterCaps, AnyKernel } from '../../kernels/kernel.ts';
import type { VariantTable } from '../variants.ts';
import { candidatesOf } from './candidates.ts';
import { choiceKey } from './key.ts';
import type { TuningEntry } from './record.ts';

export class MeasuredTable implements VariantTable {
  /** By `choiceKey`, oldest first. */
  readonly entries = new Map<string, TuningEntry>();
  /** Keys that were measured in this session and not taken from a store. */
  readonly fresh = new Set<string>();
  readonly #fallback: VariantTable | undefined;

  /** @param fallback asked where nothing was measured: a table that the user had given the device */
  constructor(fallback?: VariantTable) {
    this.#fallback = fallback;
  }

  lookup(kernel: AnyKernel, params: unknown, caps: AdapterCaps): string | undefined {
    return this.#measured(kernel, params, caps) ?? this.#fallback?.lookup(kernel, params, caps);
  }

  #measured(kernel: AnyKernel, params: unknown, caps: AdapterCaps): string | undefined {
    if (this.entries.size === 0) return undefined;
    const candidates = candidatesOf(kernel, params, caps);
    return candidates.length === 0 ? undefined : this.entries.get(choiceKey(kernel, params, candidates))?.variant;
  }

  add(key: string, entry: TuningEntry): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.fresh.add(key);
  }

  /** Takes stored entries over; what was measured in this session stands. @returns how many were taken */
  merge(stored: ReadonlyMap<string, TuningEntry>): number {
    let taken = 0;
    for (const [key, entry] of stored) {
      if (this.entries.has(key)) continue;
      this.entries.set(key, entry);
      taken++;
    }
    return taken;
  }
}
