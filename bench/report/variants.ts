/** Which variants of the engine's kernels ran, and whether a rule, the built-in table or a measurement chose them. */
import type { KernelChoice } from '../cases/case.ts';
import type { BenchResult, ContenderResult } from '../measure/result.ts';
import { fastestOurs } from './view.ts';

/** What runs without further reason is not worth a word in a list of many. */
const reason = ({ by }: KernelChoice) => (by === 'rule' ? '' : ` (${by})`);

/** `register-tile (rule)`, or what the library says of itself where there are no kernels to name. */
export function variantText({ variant, choices }: ContenderResult): string {
  if (!choices || choices.length === 0 || choices.length > 4) return variant ?? '';
  return choices.map((choice) => `${choice.variant} (${choice.by})`).join(' + ');
}

/** `conv2d register-tile ×4, matmul register-tile (measured)`: kernels with their variants; those chosen by rule carry no word. */
export function variantList(choices: readonly KernelChoice[]): string {
  return choices
    .map((choice) => `${choice.kernel} ${choice.variant}${reason(choice)}${choice.calls > 1 ? ` ×${choice.calls}` : ''}`)
    .join(', ');
}

/** The engine's variants in every case that does not force them: case and list. */
export function variantRows(result: BenchResult): [name: string, variants: string][] {
  return result.cases
    .filter(({ group }) => group !== 'ladder' && group !== 'overhead')
    .flatMap((one) =>
      (['gpu', 'cpu'] as const).flatMap((kind): [string, string][] => {
        const choices = fastestOurs(one, kind)?.choices;
        if (!choices || choices.length === 0) return [];
        return [[kind === 'gpu' ? one.name : `${one.name}, on the processor`, variantList(choices)]];
      }),
    );
}
