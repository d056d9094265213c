/** The variants among which the tuner measures. */
import type { AdapterCaps, AnyKernel, Plan, Variant } from '../../kernels/kernel.ts';
import { applicable, choiceByRule } from '../variants.ts';

/** The rung that reads like the equation: never measured where another applies, because it may take a hundred times as long. */
const NAIVE = 'naive';

export interface Candidate {
  readonly variant: Variant<unknown>;
  readonly plan: Plan;
}

/**
 * The variants that apply, without the naive one where there is another and without those whose dispatches another has too. The one
 * that would run without measurements comes first, then the ladder from its top.
 */
export function candidatesOf(kernel: AnyKernel, params: unknown, caps: AdapterCaps): readonly Candidate[] {
  const variants = applicable(kernel, params, caps);
  if (variants.length < 2) return [];
  const { variant: byRule } = choiceByRule(kernel, params, caps);
  const others = variants.filter((variant) => variant !== byRule && variant.id !== NAIVE).reverse();
  if (others.length === 0) return [];
  const seen = new Set<string>();
  const candidates: Candidate[] = [];
  for (const variant of [byRule, ...others]) {
    const plan = variant.plan(params, caps);
    const same = signature(plan);
    if (!seen.has(same)) candidates.push({ variant, plan });
    seen.add(same);
  }
  return candidates.length < 2 ? [] : candidates;
}

function signature({ dispatches }: Plan): string {
  return JSON.stringify(dispatches.map(({ shader, ...rest }) => [shader.path, rest]));
}
