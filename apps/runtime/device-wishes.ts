/** What a run asks of the device it computes on, from what the browser says of the machine and from how large the run is. */
import { type AnyDefinition, presetValues } from './experiment.ts';
import { defaults, type Schema } from './schema.ts';

/** What a browser says of its machine, in a page and in a worker alike; browsers leave most of it out. */
export interface MachineHints {
  readonly userAgent: string;
  readonly userAgentData?: { readonly mobile: boolean };
  /** GiB, rounded down to a power of two, at most 8. */
  readonly deviceMemory?: number;
}

export interface DeviceWishes {
  /** Of the WebAssembly device at most; absent: as many as the processor has. */
  readonly threads?: number;
  /** Most bytes that the tensors of a device may take; absent: what the device gives. */
  readonly memoryLimit?: number;
}

/** Bytes that a page on a phone may take for its tensors: their browsers end pages that take much more, without a word. */
export const PHONE_MEMORY = 2 ** 29;

/** By the browser's own word where it gives it (Chromium), else by its name. A worker cannot ask for the size of the screen. */
export function isPhone({ userAgent, userAgentData }: MachineHints): boolean {
  return userAgentData?.mobile ?? /iPhone|Android.*Mobile|Mobile.*Firefox/.test(userAgent);
}

/** Phones get warm and slow down with all cores busy, so one thread there; a machine with 2 GiB or less has a phone's memory. */
export function deviceWishes(machine: MachineHints): DeviceWishes {
  const phone = isPhone(machine);
  const little = phone || (machine.deviceMemory ?? 8) <= 2;
  return { ...(phone && { threads: 1 }), ...(little && { memoryLimit: PHONE_MEMORY }) };
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Whether a run is nearer to the lab's full recipe than to its quick one, in one of the numbers that the full one raises. Others ask for the
 * adapter that saves power.
 */
export function isLarge(definition: AnyDefinition, config: Values): boolean {
  const schema: Schema = definition.schema;
  const of = (preset: string): Values => defaults(schema, presetValues(definition, preset));
  const [quick, full] = [of('quick'), of('full')];
  return Object.keys(schema).some((key) => {
    const [least, most, value] = [quick[key], full[key], config[key]];
    if (typeof least !== 'number' || typeof most !== 'number' || typeof value !== 'number') return false;
    return key !== 'seed' && least > 0 && most > least && value >= Math.sqrt(least * most);
  });
}
