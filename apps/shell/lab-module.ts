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
  /** Address of its pictures, where they are not in it. */
  readonly pictures?: string;
  /** The recording, where it is on its way already. */
  readonly early?: Promise<string | undefined>;
}

interface ViewClass<S extends Schema, C extends Contract> {
  new (): LabElement<S, C>;
  lab: unknown;
}

/** Milliseconds that a page waits for its recording before it shows the lab without. */
const PATIENCE = 1200;

/**
 * The recording of a lab that is its page: fetched at once, so that the page goes from its title to the whole story in one step and nothing
 * moves. Undefined for a lab that stands among other things, or will start by itself.
 */
function earlyRecording(tag: string, address: string | undefined): Promise<string | undefined> | undefined {
  if (address === undefined || !document.querySelector(`${tag}[page]`) || /autostart/.test(location.hash)) return undefined;
  // What goes wrong is said when the lab asks for it again.
  return fetch(address)
    .then((response) => (response.ok ? response.text() : undefined))
    .catch(() => undefined);
}

/** Makes the element `chalk-lab-<id>` of a lab's view. */
export function defineLabElement<S extends Schema, C extends Contract>(
  View: ViewClass<S, C>,
  module: LabModule<S, C>,
): ViewClass<S, C> {
  View.lab = module;
  const tag = `chalk-lab-${module.definition.id}`;
  const early = earlyRecording(tag, module.recording);
  if (!early) define(tag, View);
  else {
    View.lab = { ...module, early };
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
    void Promise.race([early, late]).then(() => define(tag, View));
  }
  return View;
}
