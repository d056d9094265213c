/** Roofs that take no time, for tests: memory limits what moves bytes only. */
import type { Control, Controls } from '../../../bench/roofline/controls.ts';

export function fakeControls(change: Partial<Control> = {}): Controls {
  return {
    roofOf: ({ flops }) => (flops > 100 ? 'fma-scalar' : 'stream'),
    prepare: async (kernel, dispatches = 1) => ({
      kernel,
      amount: dispatches,
      run: async () => {},
      dispose: () => {},
      ...change,
    }),
  };
}
