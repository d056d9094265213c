/** The first training step in a fresh browser. */
import type { BenchCase, Library } from '../cases/case.ts';
import type { FirstStep } from './result.ts';
import { messageOf } from './runner.ts';

/** First training step of a library that was never used in this browser, with every compilation in it. */
export async function firstStep(library: Library, backend: string, benchCase: BenchCase): Promise<FirstStep> {
  const id = `${library.name} ${backend}`;
  const network = benchCase.name;
  try {
    const start = performance.now();
    const runtime = await library.open(backend);
    const opened = performance.now();
    const reason = runtime.unsupported(benchCase.workload);
    if (reason) return { id, network, error: reason };
    const prepared = await runtime.prepare(benchCase.workload);
    await prepared.run(1);
    const done = performance.now();
    return { id, network, openSeconds: (opened - start) / 1000, stepSeconds: (done - opened) / 1000 };
  } catch (error) {
    return { id, network, error: messageOf(error) };
  }
}
