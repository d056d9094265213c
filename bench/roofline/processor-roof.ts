/**
 * What the processor can do at best through WebAssembly, with kernels that do nothing else: multiply-adds between registers, and a
 * stream through memory. Encoded by hand, so that a weakness of the compiler cannot lower the roof.
 */
import { Code, encodeModule, type FunctionBody } from '../../engine/wgsl/wasm/encoder.ts';

/** Independent chains of the multiply-add loop: enough to hide the latency, few enough for 16 registers with two constants. */
const CHAINS = [8, 10, 12, 14] as const;
const FLOPS_PER_VECTOR = 8;
const PAGE = 65536;

/** `fma<chains>(rounds)`: x ← x · a + b in each of `chains` vectors, `rounds` times; the sum is stored at address 0. */
function multiplyAdds(chains: number): FunctionBody {
  const code = new Code();
  const [a, b, first] = [1, 2, 3];
  const splat = (local: number, value: number) => code.v128(Array(4).fill(bitsOf(value))).set(local);
  splat(a, 0.999);
  splat(b, 0.001);
  for (let i = 0; i < chains; i++) splat(first + i, 1 + i / 16);
  code.loop();
  for (let i = 0; i < chains; i++) {
    code
      .get(first + i)
      .get(a)
      .op('f32x4.mul')
      .get(b)
      .op('f32x4.add')
      .set(first + i);
  }
  code.get(0).i32(1).op('i32.sub').tee(0).brIf(0).end();
  code.i32(0).get(first);
  for (let i = 1; i < chains; i++) code.get(first + i).op('f32x4.add');
  code.store('v128', 4, 0);
  return { parameters: ['i32'], results: [], locals: Array(chains + 2).fill('v128'), code, exported: `fma${chains}` };
}

/** `stream(from, to, end)`: reads the vectors from `from` up to `end`, adds a constant and writes them from `to` on. */
function stream(): FunctionBody {
  const code = new Code();
  code.v128(Array(4).fill(bitsOf(1))).set(3);
  code.loop();
  for (let i = 0; i < 4; i++) {
    code
      .get(1)
      .get(0)
      .load('v128', 4, 16 * i)
      .get(3)
      .op('f32x4.add')
      .store('v128', 4, 16 * i);
  }
  code.get(1).i32(64).op('i32.add').set(1);
  code.get(0).i32(64).op('i32.add').tee(0).get(2).op('i32.lt_u').brIf(0).end();
  return { parameters: ['i32', 'i32', 'i32'], results: [], locals: ['v128'], code, exported: 'stream' };
}

function bitsOf(value: number): number {
  return new Uint32Array(new Float32Array([value]).buffer)[0] as number;
}

export interface ProcessorRoof {
  /** FLOP/s and bytes/s; the best of the batches, because a roof is a bound. */
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** One execution of a roof kernel: the exported function with its arguments, and what it computes (FLOP) or moves (bytes). */
export interface RoofWork {
  readonly name: string;
  readonly args: readonly number[];
  readonly amount: number;
}

export interface RoofWorks {
  readonly multiplyAdds: readonly RoofWork[];
  readonly stream: RoofWork;
}

/** The module with all kernels; it imports `env.memory` of `pages` pages. */
export interface RoofModule {
  readonly code: Uint8Array<ArrayBuffer>;
  readonly pages: number;
  readonly works: RoofWorks;
}

/** @param megabytes of each of the stream's two ranges: several times the last cache */
export function roofModule(megabytes = 64, rounds = 200_000): RoofModule {
  const bytes = megabytes * 2 ** 20;
  const pages = 1 + (2 * bytes) / PAGE;
  return {
    code: encodeModule([...CHAINS.map(multiplyAdds), stream()], { shared: false, maximumPages: pages }),
    pages,
    works: {
      multiplyAdds: CHAINS.map((chains) => ({
        name: `fma${chains}`,
        args: [rounds],
        amount: rounds * chains * FLOPS_PER_VECTOR,
      })),
      stream: { name: 'stream', args: [PAGE, PAGE + bytes, PAGE + bytes], amount: 2 * bytes },
    },
  };
}
