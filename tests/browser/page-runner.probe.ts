/** What page-runner.test.ts runs in the page. */
import shader from '../../shaders/unary.wgsl';

export async function probe(a: number, b: number) {
  const adapter = await navigator.gpu?.requestAdapter();
  return {
    sum: a + b,
    adapter: adapter ? adapter.info.vendor : null,
    isolated: globalThis.crossOriginIsolated,
    entry: Object.keys(shader.entryPoints),
  };
}

export function fail(): never {
  console.error('printed first');
  throw new Error('broken on purpose');
}
