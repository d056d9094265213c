/** Which variant of a kernel's ladder runs: a forced one, a measured choice, or the last that applies. */
import type { AdapterCaps, AnyKernel, Variant } from '../kernels/kernel.ts';

/** A measured or built-in choice; undefined where it has none. */
export type VariantTable = (kernel: AnyKernel, params: unknown, caps: AdapterCaps) => string | undefined;

/** @throws Error when `forced` names no variant that applies */
export function chooseVariant(
  kernel: AnyKernel,
  params: unknown,
  caps: AdapterCaps,
  forced?: string,
  table?: VariantTable,
): Variant<unknown> {
  const applies = (variant: Variant<unknown>) => !variant.applies || variant.applies(params, caps);
  if (forced !== undefined) {
    const variant = kernel.variants.find((v) => v.id === forced);
    if (!variant) throw new Error(`kernel '${kernel.name}' has no variant '${forced}'`);
    if (!applies(variant)) throw new Error(`kernel '${kernel.name}': variant '${forced}' does not apply to these parameters`);
    return variant;
  }
  const preferred = table?.(kernel, params, caps);
  const chosen = preferred === undefined ? undefined : kernel.variants.find((v) => v.id === preferred && applies(v));
  const variant = chosen ?? kernel.variants.findLast(applies);
  if (!variant) throw new Error(`kernel '${kernel.name}' has no variant for ${JSON.stringify(params)} on this adapter`);
  return variant;
}
