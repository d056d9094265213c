/**
 * Choices for software adapters that are known without measuring: where the last variant that applies is not the fastest. Measured on
 * SwiftShader (two cores that did other work too, shortest of six or nine batches) for every kernel of the labs' and the benchmark's networks and for odd shapes (one
 * row, one column, groups, few channels); everywhere else the last one won or was equal within noise.
 */
import type { AdapterCaps, AnyKernel } from '../../kernels/kernel.ts';

interface Row {
  readonly kernels: readonly string[];
  readonly variant: string;
  when(p: Readonly<Record<string, number>>): boolean;
}

const SOFTWARE: readonly Row[] = [
  {
    // A workgroup of vectors computes 4,096 elements, however few there are: 64 take 38 against 18 µs, 512 36 against 28, 1,024 37 against 50.
    kernels: ['affine', 'exp', 'fill', 'leakyRelu', 'leakyReluGradient', 'log', 'neg', 'relu', 'reluGradient', 'sqrt', 'square'],
    variant: 'naive',
    when: ({ count = 0 }) => count <= 512,
  },
];

/** @returns the variant that the table names for these parameters, if any */
export function builtInVariant(kernel: AnyKernel, params: unknown, caps: AdapterCaps): string | undefined {
  if (!caps.software) return undefined;
  const numbers = params as Readonly<Record<string, number>>;
  return SOFTWARE.find((row) => row.kernels.includes(kernel.name) && row.when(numbers))?.variant;
}
