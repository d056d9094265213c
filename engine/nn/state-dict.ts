/** State dictionaries: every parameter and buffer by PyTorch's name, in PyTorch's layout. */
import { ConfigError, ShapeError } from '../errors.ts';
import { sameShape, type Tensor } from '../tensor.ts';
import { type Border, fromPyTorch, type StateTensor, toPyTorch } from './border.ts';
import type { Module } from './module.ts';

/** PyTorch's names → values. */
export type StateDict = Map<string, StateTensor>;

interface Entry {
  readonly tensor: Tensor;
  readonly border: Border;
}

/** What a network stores, in PyTorch's order: module by module, parameters before buffers. */
export function stateEntries(root: Module): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const module of root.modules()) {
    for (const slot of [...module.ownParameters, ...module.ownBuffers]) {
      entries.set(module.path ? `${module.path}.${slot.name}` : slot.name, { tensor: slot.tensor, border: slot.border() });
    }
  }
  return entries;
}

/** Reads tensors that are named like entries of a state dictionary (weights, gradients, moments) in PyTorch's layout. */
export async function exportTensors(
  named: Iterable<readonly [name: string, tensor: Tensor, border: Border]>,
): Promise<StateDict> {
  const list = [...named];
  const values = await Promise.all(list.map(([, tensor]) => tensor.data()));
  return new Map(list.map(([name, , border], index) => [name, toPyTorch(values[index] as Float32Array, border)]));
}

/** Every parameter and buffer. */
export function stateDict(root: Module): Promise<StateDict> {
  return exportTensors([...stateEntries(root)].map(([name, { tensor, border }]) => [name, tensor, border] as const));
}

export interface LoadOptions {
  /** Every entry must be there and none too many. Default true. */
  readonly strict?: boolean;
}

/** What PyTorch writes and nothing here needs. */
const IGNORED = /(^|\.)num_batches_tracked$/;

/**
 * Overwrites the parameters and buffers.
 * @param state PyTorch's names → values in PyTorch's layouts
 * @returns the names that were missing and those that belong to nothing (both empty when strict)
 * @throws ConfigError naming missing and unexpected names; ShapeError naming the entry and both shapes. Nothing is changed then.
 */
export function loadStateDict(
  root: Module,
  state: ReadonlyMap<string, StateTensor> | Readonly<Record<string, StateTensor>>,
  options: LoadOptions = {},
): { missing: string[]; unexpected: string[] } {
  const given = state instanceof Map ? (state as ReadonlyMap<string, StateTensor>) : new Map(Object.entries(state));
  const entries = stateEntries(root);
  const missing = [...entries.keys()].filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !entries.has(name) && !IGNORED.test(name));
  if ((options.strict ?? true) && missing.length + unexpected.length > 0) {
    const parts = [
      missing.length > 0 ? `it lacks ${missing.map((name) => `'${name}'`).join(', ')}` : '',
      unexpected.length > 0 ? `nothing here is called ${unexpected.map((name) => `'${name}'`).join(', ')}` : '',
    ];
    throw new ConfigError(
      'state',
      `${parts.filter(Boolean).join('; ')}. Use the network the state was made with, or { strict: false }.`,
    );
  }
  const present = [...entries].filter(([name]) => given.has(name));
  for (const [name, { border }] of present) {
    const { shape } = given.get(name) as StateTensor;
    if (!sameShape(shape, border.shape)) {
      throw new ShapeError(`loadStateDict '${name}'`, [shape], `this network's '${name}' is [${border.shape.join(', ')}]`);
    }
  }
  for (const [name, { tensor, border }] of present) tensor.write(fromPyTorch((given.get(name) as StateTensor).data, border));
  return { missing, unexpected };
}
