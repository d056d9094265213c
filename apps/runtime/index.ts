/** What labs import of the runtime: the contract, without the machinery behind it. */
export type { Contract } from './contract.ts';
export type * from './events.ts';
export * from './experiment.ts';
export {
  boolean,
  type ConfigOf,
  choice,
  defaults,
  defineSchema,
  int,
  json,
  number,
  type Parameter,
  type Schema,
  text,
} from './schema.ts';
