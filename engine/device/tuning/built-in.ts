/**
 * Choices for software adapters that are known without measuring: where the last variant that applies is not the fastest. Measured on
 * SwiftShader (two cores that did other work too, shortest of six or nine batches) for every kernel of the labs' and the benchmark's networks and for odd shapes (one
 * row, one column, groups, few channels); everywhere else the last one won or was equal within noise.
 */
import type { AdapterCaps, AnyKernel } from '../../kernels/kernel.ts';

interface Row {
  readonly kernels: readonly string[];
  readonly variant: string;
  /** Whether it holds on the WebAssembly device too, which has rungs of its own. */
  readonly onProcessor: boolean;
  when(p: Readonly<Record<string, number>>): boolean;
}

const SOFTWARE: readonly Row[] = [
  {
    // A workgroup of vectors computes 4,096 elements, however few there are: 64 take 38 against 18 µs, 512 36 against 28, 1,024 37 against 50.
    kernels: ['affine', 'exp', 'fill', 'leakyRelu', 'leakyReluGradient', 'log', 'neg', 'relu', 'reluGradient', 'sqrt', 'square'],
    variant: 'naive',
    onProcessor: true,
    when: ({ count = 0 }) => count <= 512,
  },
  {
    // Of a tile of 16 rows 15 are idle: [1, 512] × [512, 512] 2.5 against 3.9 ms, [512, 2048] 7.9 against 12.1 ms; short sums do not care.
    // WebAssembly takes 141 and 2971 µs with it, 87 and 1338 µs with its tile of 4x2.
    kernels: ['matmul'],
    variant: 'vec4',
    onProcessor: false,
    when: ({ batch = 1, M = 0, N = 0, K = 0 }) => batch * M === 1 && N * K >= 65536,
  },
  {
    // Half of a tile's 16 columns are idle: 32 → 32 channels in 4 groups, 14×14 11.9 against 15.7 ms, 28×28 42 against 52 ms.
    // WebAssembly takes 4.6 and 26 ms with it, 1.8 and 12 ms with its tile of a row.
    kernels: ['conv2dWeightGradient'],
    variant: 'register-tile-8x8',
    onProcessor: false,
    when: ({ groups = 1, Co = 0 }) => groups > 1 && Co === 8 * groups,
  },
];

/** @returns the variant that the table names for these parameters, if any */
export function builtInVariant(kernel: AnyKernel, params: unknown, caps: AdapterCaps): string | undefined {
  if (!caps.software) return undefined;
  const numbers = params as Readonly<Record<string, number>>;
  return SOFTWARE.find(
    (row) => (caps.kind !== 'cpu' || row.onProcessor) && row.kernels.includes(kernel.name) && row.when(numbers),
  )?.variant;
}
