/** Which variants of the engine's kernels run and why; with `--tune`, after they were measured here. */
import { type RecordingDevice, type TuningWork, tuneDevice } from '../../engine/index.ts';
import type { KernelChoice } from '../cases/case.ts';

/** Longer than in a page: a benchmark wants the answer, not a quick start. */
const BUDGET_MS = 20_000;

/** Measures every kernel of `work` that was not measured in this session. Stored choices are neither read nor written. */
export async function tuneFor(device: RecordingDevice, work: readonly TuningWork[]): Promise<void> {
  const { measured, skipped } = await tuneDevice(device, work, { mode: 'force', budgetMs: BUDGET_MS });
  for (const { key, variant, times } of measured) {
    const list = Object.entries(times).map(([id, milliseconds]) => `${id} ${(1000 * milliseconds).toPrecision(3)} µs`);
    console.log(`  tuned ${key}: ${variant} (${list.join(', ')})`);
  }
  if (skipped > 0) console.log(`  ${skipped} kernels were left to the rules: the budget was spent`);
}

/** Calls of each kernel by variant and reason, in the order of their first appearance. */
export function choicesFor(
  device: RecordingDevice,
  work: readonly (TuningWork & { variant?: string | undefined })[],
): KernelChoice[] {
  const found = new Map<string, { kernel: string; variant: string; by: KernelChoice['by']; calls: number }>();
  for (const { kernel, params, variant: forced } of work) {
    const choice = device.choices?.choose(kernel, params, forced);
    if (!choice) continue;
    const { variant, by } = choice;
    const key = `${kernel.name} ${variant.id} ${by}`;
    const known = found.get(key);
    if (known) known.calls++;
    else found.set(key, { kernel: kernel.name, variant: variant.id, by, calls: 1 });
  }
  return [...found.values()];
}
