/** Where the network comes from: trained here, Tiny Darknet, a file, or the reader's own pictures. */
import { html, nothing, type TemplateResult } from 'lit';
import '../../components/dataset-picker/element.ts';
import type { OwnImages } from '../../components/dataset-picker/files.ts';
import '../../components/network-source/element.ts';
import type { GivenNetwork } from '../../components/network-source/element.ts';
import type { Config } from './subject.ts';

export interface NetworksState {
  readonly network: Config['network'];
  /** Names of the files that were given. */
  readonly given: readonly string[];
  readonly networksFixed: boolean;
  readonly picturesFixed: boolean;
  readonly use: (given: GivenNetwork) => void;
  readonly choose: (network: 'scenes' | 'tiny-darknet') => void;
  readonly train: (own: OwnImages) => void;
}

export function renderNetworks({
  network,
  given,
  networksFixed,
  picturesFixed,
  use,
  choose,
  train,
}: NetworksState): TemplateResult {
  const value = network === 'file' ? 'file' : network === 'tiny-darknet' ? 'pretrained' : 'train';
  return html`<chalk-network-source verb="Explain" pretrained value=${value} ?disabled=${networksFixed} .names=${given}
      @network-give=${(event: CustomEvent<GivenNetwork>) => use(event.detail)}
      @network-choose=${(event: CustomEvent<{ source: 'train' | 'pretrained' }>) =>
        choose(event.detail.source === 'train' ? 'scenes' : 'tiny-darknet')}></chalk-network-source>
    ${
      network === 'own pictures'
        ? html`<chalk-dataset-picker own label="Your pictures, a folder for each class" ?disabled=${picturesFixed}
            @files-add=${(event: CustomEvent<OwnImages>) => train(event.detail)}></chalk-dataset-picker>`
        : nothing
    }`;
}
