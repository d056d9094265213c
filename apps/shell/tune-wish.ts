/** Whether labs choose variants of kernels by measurement: `?tune=off`, `stored`, `measure` or `force` in the address of the page. */
import type { TuneMode } from '../runtime/experiment.ts';

const modes: readonly string[] = ['off', 'stored', 'measure', 'force'] satisfies TuneMode[];

/**
 * Without a word in the address: earlier results, and a measurement of what is missing (nothing on software adapters). A browser that is
 * driven by a program measures nothing, so that tests run the same kernels every time.
 * @param automated `navigator.webdriver`
 */
export function tuneWish(search: string = location.search, automated: boolean = navigator.webdriver): TuneMode {
  const wish = new URLSearchParams(search).get('tune');
  if (wish !== null && modes.includes(wish)) return wish as TuneMode;
  return automated ? 'off' : 'measure';
}
