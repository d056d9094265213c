/** What a contender computes on, so that like is compared with like: the adapter, one thread of the processor, or several. */
import { type BenchResult, type CaseResult, type ContenderResult, isOurs } from '../measure/result.ts';

/** Where it computes: on the adapter (WebGPU, WebGL) or on the processor. */
export type Kind = 'gpu' | 'cpu';

/** By the backend in `library backend · variant`. */
export function kindOf(id: string): Kind {
  const backend = id.split(' ')[1] ?? '';
  return backend === 'webgpu' || backend === 'webgl' ? 'gpu' : 'cpu';
}

/** Threads on the processor; 1 where the library does not tell. */
export function threadsOf(result: BenchResult, id: string): number {
  const [runtimeId] = id.split(' · ');
  return result.runtimes.find((runtime) => runtime.id === runtimeId)?.adapter?.threads ?? 1;
}

/** `jax-js wasm`, or `jax-js wasm, 2 threads`. */
export function nameOf(result: BenchResult, id: string): string {
  const threads = threadsOf(result, id);
  return threads > 1 ? `${id}, ${threads} threads` : id;
}

export function median(result: ContenderResult | undefined): number | undefined {
  return result?.status === 'ok' ? result.seconds?.median : undefined;
}

export function fastest(candidates: readonly ContenderResult[]): ContenderResult | undefined {
  const timed = candidates.filter((candidate) => median(candidate) !== undefined);
  return timed.sort((a, b) => (median(a) as number) - (median(b) as number))[0];
}

/**
 * The engine's contender that a peer is compared with: on the adapter with one on the adapter, with threads the fastest on the processor,
 * with one thread that of one thread. Undefined where the engine was not measured there.
 */
export function counterpart(result: BenchResult, one: CaseResult, peer: string): ContenderResult | undefined {
  const ours = one.contenders.filter(({ id }) => isOurs(id) && kindOf(id) === kindOf(peer));
  if (kindOf(peer) === 'gpu' || threadsOf(result, peer) > 1) return fastest(ours);
  return fastest(ours.filter(({ id }) => threadsOf(result, id) === 1));
}
