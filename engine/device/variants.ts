/** Which variant of a kernel's ladder runs: a forced one, a measured choice, one from the built-in table, or the last that applies. */
import type { ShaderModule } from '../../shaders/build/module.ts';
import type { AdapterCaps, AnyKernel, Variant } from '../kernels/kernel.ts';
import { builtInVariant } from './tuning/built-in.ts';

/** Why a variant runs. `rule`: the last of the ladder that applies to the shape and the adapter. */
export type ChosenBy = 'forced' | 'measured' | 'table' | 'rule';

export interface VariantChoice {
  readonly variant: Variant<unknown>;
  readonly by: ChosenBy;
}

/** Measured choices; undefined where there is none for these parameters. */
export interface VariantTable {
  lookup(kernel: AnyKernel, params: unknown, caps: AdapterCaps): string | undefined;
}

/** Whether a device can run an entry point at all; absent: it can run every one. */
export type EntrySupport = (shader: ShaderModule, entryPoint: string) => boolean;

/** Whether a variant can run; the device is asked last, as it may have to read the shader. */
function runs(variant: Variant<unknown>, params: unknown, caps: AdapterCaps, supports?: EntrySupport): boolean {
  if (variant.applies && !variant.applies(params, caps)) return false;
  return !supports || variant.plan(params, caps).dispatches.every(({ shader, entryPoint }) => supports(shader, entryPoint));
}

/** The variants that can run, in the order of the ladder. */
export function applicable(
  kernel: AnyKernel,
  params: unknown,
  caps: AdapterCaps,
  supports?: EntrySupport,
): readonly Variant<unknown>[] {
  return kernel.variants.filter((variant) => runs(variant, params, caps, supports));
}

/**
 * The choice without measurements. Looks at no more variants than it must.
 * @throws Error where nothing applies
 */
export function choiceByRule(kernel: AnyKernel, params: unknown, caps: AdapterCaps, supports?: EntrySupport): VariantChoice {
  const listed = builtInVariant(kernel, params, caps);
  const fromTable = kernel.variants.find(({ id }) => id === listed);
  if (fromTable && runs(fromTable, params, caps, supports)) return { variant: fromTable, by: 'table' };
  const last = kernel.variants.findLast((variant) => runs(variant, params, caps, supports));
  if (!last) throw new Error(`kernel '${kernel.name}' has no variant for ${JSON.stringify(params)} on this adapter`);
  return { variant: last, by: 'rule' };
}

/** The choices of one device. */
export class VariantChoices {
  readonly caps: AdapterCaps;
  readonly #supports: EntrySupport | undefined;
  #table: VariantTable | undefined;
  #version = 0;

  constructor(caps: AdapterCaps, supports?: EntrySupport) {
    this.caps = caps;
    this.#supports = supports;
  }

  /** Measured choices; absent: the built-in table and the rules. */
  get table(): VariantTable | undefined {
    return this.#table;
  }

  set table(table: VariantTable | undefined) {
    this.#table = table;
    this.#version++;
  }

  /** Grows whenever a choice may have changed: whatever was compiled before is compiled anew. */
  get version(): number {
    return this.#version;
  }

  /** The variants that can run here, in the order of the ladder. */
  applicable(kernel: AnyKernel, params: unknown): readonly Variant<unknown>[] {
    return applicable(kernel, params, this.caps, this.#supports);
  }

  /**
   * @param forced runs this variant whatever the tables say
   * @throws Error when `forced` names no variant that applies, or nothing applies
   */
  choose(kernel: AnyKernel, params: unknown, forced?: string): VariantChoice {
    const { caps } = this;
    if (forced !== undefined) {
      if (!kernel.variants.some(({ id }) => id === forced)) throw new Error(`kernel '${kernel.name}' has no variant '${forced}'`);
      const variant = this.applicable(kernel, params).find(({ id }) => id === forced);
      if (!variant) {
        throw new Error(`kernel '${kernel.name}': variant '${forced}' does not apply to these parameters`);
      }
      return { variant, by: 'forced' };
    }
    const measured = this.#table?.lookup(kernel, params, caps);
    const variant = measured === undefined ? undefined : this.applicable(kernel, params).find(({ id }) => id === measured);
    return variant ? { variant, by: 'measured' } : choiceByRule(kernel, params, caps, this.#supports);
  }
}
