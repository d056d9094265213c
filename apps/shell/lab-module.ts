/** What the build hands the shell of one lab: its parts, and where it runs. The build writes the call; labs and tests only read it. */
import type { TemplateResult } from 'lit';
import { define } from '../components/shared/define.ts';
import type { BuiltCard } from '../math/card.ts';
import type { AnyContract, Contract } from '../runtime/contract.ts';
import type { LabDefinition } from '../runtime/experiment.ts';
import type { Hosting } from '../runtime/open-port.ts';
import type { RunState } from '../runtime/runner.ts';
import type { ConfigOf, Schema } from '../runtime/schema.ts';
import type { RunStore } from '../runtime/store.ts';
import type { LabElement } from './lab-element.ts';

/** What a lab's words may speak of: the run on the screen, and its settings. */
export interface LabPage<S extends Schema, C extends Contract> {
  /** What the controls say. */
  readonly config: ConfigOf<S>;
  /** What the run that is shown was made with, live changes included. */
  readonly ran: ConfigOf<S>;
  readonly store: RunStore<C>;
  readonly runState: RunState;
  readonly recorded: boolean;
  /** Sets several parameters as a control does; what a teacher locked stays, and a banner says so. @returns whether they were set */
  take(values: Partial<ConfigOf<S>>, what: string): boolean;
}

type Words = TemplateResult | string;

/** What `prose.ts` exports. */
export interface Texts<S extends Schema, C extends Contract> {
  /** Explanation and questions, shown on the full page. */
  readonly prose?: (lab: LabPage<S, C>) => TemplateResult;
  /** One sentence: what this run found, from its numbers; undefined while there is nothing to say. Stands above the figure. */
  readonly finding?: (lab: LabPage<S, C>) => Words | undefined;
}

/** `export const prose: Prose<typeof schema, Denoising> = ({ store }) => html`…`` */
export type Prose<S extends Schema, C extends Contract = Contract> = NonNullable<Texts<S, C>['prose']>;
/** As {@link Prose}, for `finding`. */
export type Finding<S extends Schema, C extends Contract = Contract> = NonNullable<Texts<S, C>['finding']>;

export interface LabModule<S extends Schema = Schema, C extends Contract = AnyContract> {
  readonly definition: LabDefinition<S>;
  readonly hosting: Hosting;
  readonly texts?: Texts<S, C>;
  /** The math cards, fetched when the reader comes near. */
  readonly cards?: () => Promise<{ readonly cards: readonly BuiltCard[] }>;
  /** Address of the recorded run. */
  readonly recording?: string;
}

interface ViewClass<S extends Schema, C extends Contract> {
  new (): LabElement<S, C>;
  lab: unknown;
}

/** Makes the element `chalk-lab-<id>` of a lab's view. */
export function defineLabElement<S extends Schema, C extends Contract>(
  View: ViewClass<S, C>,
  module: LabModule<S, C>,
): ViewClass<S, C> {
  View.lab = module;
  define(`chalk-lab-${module.definition.id}`, View);
  return View;
}
