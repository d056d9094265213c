import type { Environment } from '../../../apps/runtime/environment.ts';

/** No data, and a device that takes so many milliseconds to open: what a page asks meanwhile overtakes it. */
export function slowEnvironment(milliseconds: number): Environment {
  return {
    data: { read: async () => undefined },
    open: async () => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return { info: { kind: 'cpu', name: 'test', software: true } };
    },
  };
}
