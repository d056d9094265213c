/** Settings that a slider cannot show: the data set, the list of layers, the space of a search. */

import { html, nothing, type TemplateResult } from 'lit';
import type { GivenFiles } from '../../runtime/experiment.ts';
import '../../components/dataset-picker/element.ts';
import { filesOf, type OwnImages } from '../../components/dataset-picker/files.ts';
import '../../components/network-editor/element.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import type { NetworkValidator } from '../../components/network-editor/element.ts';
import { type Config, networkOf } from './networks.ts';
import { parseSpace, searchable } from './space.ts';

/** [height, width, channels] of the pictures of a configuration. */
export function inputShapeOf({ dataset, ownSide, ownColour }: Config): readonly [number, number, number] {
  if (dataset === 'cifar-10') return [32, 32, 3];
  if (dataset === 'own') return [ownSide, ownSide, ownColour ? 3 : 1];
  return [28, 28, 1];
}

/** The engine's validator, fetched when the editor is first opened. */
const validate: NetworkValidator = async (network, inputShape) =>
  (await import('../../../engine/nn/validate.ts')).validateNetwork(network, inputShape);

export interface PanelHost {
  readonly config: Config;
  readonly classes: number;
  /** What was wrong with the search space that was typed last. */
  readonly spaceProblem: string;
  /** What a teacher's link hides or fixes, by the name of a parameter or part. */
  hides(name: string): boolean;
  fixes(name: string): boolean;
  set(values: Partial<Config>): void;
  own(files: GivenFiles): void;
  problem(message: string): void;
}

function searchPanel(host: PanelHost): TemplateResult | typeof nothing {
  const { config, spaceProblem } = host;
  if (config.search === 'off' || host.hides('search') || host.hides('space')) return nothing;
  const change = (event: Event): void => {
    try {
      host.set({ space: parseSpace(JSON.parse((event.target as HTMLTextAreaElement).value)) });
      host.problem('');
    } catch (error) {
      host.problem(error instanceof SyntaxError ? 'This is not JSON yet.' : `The space ${(error as Error).message}.`);
    }
  };
  return html`<label class="space">
    <span>search space (JSON)</span>
    <textarea spellcheck="false" aria-describedby="space-help" ?disabled=${host.fixes('space')} .value=${JSON.stringify(config.space, undefined, 1)} @change=${change}></textarea>
    <span id="space-help" class=${spaceProblem ? 'wrong' : ''} role="status">
      ${spaceProblem || html`Lists of values for any of ${Object.keys(searchable).join(', ')}. A grid tries all combinations; a random search draws between the smallest and the largest.`}
    </span>
  </label>`;
}

/** Giving images chooses `own`: where another data set is fixed, this is too. */
function ownImages(host: PanelHost): TemplateResult | typeof nothing {
  const { dataset } = host.config;
  const chosen = dataset === 'own';
  if (host.hides('own-images') || (host.hides('dataset') && !chosen)) return nothing;
  return html`<details class="more" ?open=${chosen}>
      <summary>Own images</summary>
      <chalk-dataset-picker own label="A folder of pictures for each class" value=${dataset}
        ?disabled=${host.fixes('own-images') || (host.fixes('dataset') && !chosen)}
        @files-add=${(event: CustomEvent<OwnImages>) => host.own(filesOf(event.detail))}></chalk-dataset-picker>
    </details>`;
}

/** Editing chooses `custom`: where another network is fixed, its layers are too. */
function layerList(host: PanelHost): TemplateResult | typeof nothing {
  const { config } = host;
  const chosen = config.network === 'custom';
  if (host.hides('layers') || (host.hides('network') && !chosen)) return nothing;
  const inputShape = inputShapeOf(config);
  const network = networkOf({ ...config, softmaxFirst: false }, inputShape, host.classes);
  return html`<details class="more">
      <summary>Layers: edit the network</summary>
      <chalk-network-editor label="Layers" .network=${network} .inputShape=${inputShape} .validate=${validate}
        ?disabled=${host.fixes('layers') || (host.fixes('network') && !chosen)}
        @network-change=${(event: CustomEvent<{ network: NetworkDefinition; valid: boolean }>) =>
          host.set({ layers: event.detail.network, network: 'custom' })}></chalk-network-editor>
    </details>`;
}

export function settingsPanels(host: PanelHost): TemplateResult {
  return html`${searchPanel(host)} ${ownImages(host)} ${layerList(host)}`;
}
