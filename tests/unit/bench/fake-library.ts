/** A small case and libraries that compute it, for tests of the session. */
import type { BenchCase, Library, Prepared, Runtime } from '../../../bench/cases/case.ts';
import { operands } from '../../../bench/cases/operands.ts';
import { CPU_ADAPTER } from '../../../bench/libraries/adapters.ts';

export const relu: BenchCase = {
  name: 'relu',
  group: 'kernel',
  shape: '8',
  flops: 8,
  bytes: 64,
  workload: { type: 'relu', count: 8 },
  tolerance: 1e-6,
  quick: true,
  hardwareOnly: false,
};

/** What the case asks for. */
export function right(): Float32Array {
  return (operands(relu.workload).x?.values ?? new Float32Array(0)).map((x) => Math.max(0, x));
}

/** A library that writes its name into `order` whenever it runs. */
export function fake(name: string, order: string[], change: Partial<Prepared> & Partial<Runtime> = {}): Library {
  const prepared: Prepared = {
    async run() {
      order.push(name);
    },
    check: async () => right(),
    dispose: () => order.push(`${name} disposed`),
    ...change,
  };
  const runtime: Runtime = {
    version: '1',
    adapter: change.adapter ?? CPU_ADAPTER,
    unsupported: change.unsupported ?? (() => undefined),
    prepare: async () => prepared,
    ...(change.variants ? { variants: change.variants } : {}),
  };
  return { name, backends: ['cpu'], open: async () => runtime };
}
