/**
 * The labs that exist, in the order of the home page: every directory here with a `schema.ts`. Schemas import no engine, so a page
 * that lists labs loads none of them.
 */
import type { AnyDefinition } from '../runtime/experiment.ts';
import { byOrder } from './guide.ts';

export interface LabEntry {
  readonly definition: AnyDefinition;
  /** Address of a small picture from a real run; undefined where none has been made. */
  readonly picture: string | undefined;
}

const schemas = import.meta.glob<AnyDefinition>('./*/schema.ts', { eager: true, import: 'definition' });
const pictures = import.meta.glob<string>('./*/card.{webp,png}', { eager: true, query: '?url', import: 'default' });

export const labs: readonly LabEntry[] = Object.entries(schemas)
  .map(([path, definition]) => {
    const folder = path.slice(0, path.lastIndexOf('/'));
    return { definition, picture: pictures[`${folder}/card.webp`] ?? pictures[`${folder}/card.png`] };
  })
  .sort((a, b) => byOrder(a.definition.id, b.definition.id));
