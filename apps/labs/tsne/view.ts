/** The t-SNE lab on the page. */

import { html, nothing } from 'lit';
import type { GivenFile, GivenFiles } from '../../runtime/experiment.ts';
import type { Change } from '../../runtime/runner.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import '../../components/chart/element.ts';
import '../../components/dataset-picker/element.ts';
import type { ReferenceLine } from '../../components/chart/types.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import '../../components/image-grid/element.ts';
import type { GivenNetwork } from '../../components/network-source/element.ts';
import '../../components/network-source/element.ts';
import '../../components/result-table/element.ts';
import '../../components/scatter-plot/element.ts';
import { filesOf, type OwnImages } from '../../components/dataset-picker/files.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { styled } from '../../components/shared/styled.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { batchOf, picked } from '../../shell/image-batch.ts';
import { LabElement, type StartOptions } from '../../shell/lab-element.ts';
import type { Mapping } from './experiment.ts';
import { type Coordinates, coordinatesOf, nearestOnMap, neighboursOf } from './layout.ts';
import { type PanelSpec, panelName } from './panel.ts';
import { schema } from './schema.ts';
import { tsneStyles } from './styles.ts';

const NEIGHBOURS = 8;
/** One empty list for all: a new one would make the plots draw anew. */
const NONE: readonly never[] = [];
/** Parameters that move a finished map on when one of them is changed. */
const MOVING: readonly string[] = ['perplexity', 'layer', 'path', 'epoch', 'rate', 'exaggeration', 'exaggerated', 'iterations'];
/** Milliseconds a control must rest before a finished map moves on. */
const REST = 500;

/** Why there is no such file, or undefined. @param files the reader's own images or networks */
function withoutCode({ dataset }: ConfigOf<typeof schema>, files: number, changes: readonly Change[]): string | undefined {
  if (dataset === 'own' || files > 0) return 'own images and networks stay on this machine: take the script that repeats the run';
  if (changes.length > 0) return 'controls were moved while the maps moved: take the script that repeats the run';
  return undefined;
}

export class View extends LabElement<typeof schema, Mapping> {
  static override properties = {
    ...LabElement.properties,
    hovered: { state: true },
    chosen: { state: true },
  };
  static override styles = [...LabElement.styles, tsneStyles];
  declare private hovered: number;
  declare private chosen: number;
  #files = new Map<string, GivenFile>();
  /** Those of the files that are pictures. */
  #pictures: ReadonlySet<string> = new Set();

  constructor() {
    super();
    this.hovered = -1;
    this.chosen = -1;
  }

  #resting: ReturnType<typeof setTimeout> | undefined;

  /** A live parameter that is changed after the end: the map goes on from where it stands. A preset changes more than one. */
  protected override configChanged(keys: readonly string[]): void {
    const [key] = keys;
    if (keys.length !== 1 || key === undefined || !MOVING.includes(key)) return;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      const end = this.store.checkpoints.get('maps');
      if (this.isConnected && this.runState === 'finished' && !this.recorded && end)
        this.restart('play', { checkpoint: end.bytes.slice() });
    }, REST);
  }

  /** The reader's networks go with every start until they are taken away. */
  protected override startOptions(): StartOptions {
    return { files: this.#files };
  }

  #use({ name, bytes, facts }: GivenNetwork): void {
    const dataset = schema.dataset.values.find((value) => value === facts.dataset);
    const layer = this.config.layer === 'pixels' ? 'logits' : this.config.layer;
    if (!this.take({ layer, ...(dataset && { dataset }) }, 'This network')) return;
    this.#files.set(name, bytes);
    this.restart();
  }

  /** The reader's pictures replace those given before; networks stay. */
  #own(files: GivenFiles): void {
    if (!this.take({ dataset: 'own' }, 'These images')) return;
    for (const name of this.#pictures) this.#files.delete(name);
    for (const [name, bytes] of files) this.#files.set(name, bytes);
    this.#pictures = new Set(files.keys());
    this.restart();
  }

  protected override missing(): string | undefined {
    if (this.config.dataset !== 'own' || this.#pictures.size > 0) return undefined;
    return 'Give your own images first, under Own images: a folder of pictures for each class, or a .zip or .tgz of such folders.';
  }

  protected override renderMoreControls() {
    const chosen = this.config.dataset === 'own';
    if (this.hides('own-images') || (this.hides('dataset') && !chosen)) return nothing;
    return html`<details class="more" ?open=${chosen}><summary>Own images</summary>
      <chalk-dataset-picker own label="A folder of pictures for each class" value=${this.config.dataset}
        ?disabled=${this.fixes('own-images') || (this.fixes('dataset') && !chosen)}
        @files-add=${(event: CustomEvent<OwnImages>) => this.#own(filesOf(event.detail))}></chalk-dataset-picker></details>`;
  }

  #forgetFiles(): void {
    for (const name of this.#files.keys()) if (!this.#pictures.has(name)) this.#files.delete(name);
    this.restart();
  }

  get #panels(): readonly PanelSpec[] {
    return this.store.data.get('panels') ?? [];
  }

  get #images(): ImageBatch | null {
    return batchOf(this.store.images.get('points'));
  }

  #coordinates(at: number): Coordinates | undefined {
    return coordinatesOf(this.store.data.get(`layout ${at}`));
  }

  /** The point that the inspector is about: under the pointer, else the one that was clicked. */
  get #point(): number {
    return this.hovered >= 0 ? this.hovered : this.chosen;
  }

  #map(panel: PanelSpec, at: number, one: boolean) {
    const { labels, classes } = this.store.data.get('labels') ?? { labels: NONE, classes: NONE };
    const layout = this.#coordinates(at);
    const embedded = this.ran.layer !== 'pixels';
    return html`<chalk-scatter-plot label=${one ? 'Map of the test images' : panelName(panel)} height=${one && this.clientWidth > 600 ? 520 : 0} ?no-legend=${!one} selected=${this.#point}
      .x=${layout?.x ?? NONE} .y=${layout?.y ?? NONE} .labels=${labels} .classes=${classes} .images=${this.#images}
      .predicted=${embedded ? (this.store.data.get('predicted') ?? NONE) : NONE}
      .marked=${this.#point < 0 ? NONE : neighboursOf(this.store, this.#point)}
      @point-hover=${(event: CustomEvent<{ index: number | null }>) => {
        this.hovered = event.detail.index ?? -1;
      }}
      @point-select=${(event: CustomEvent<{ index: number }>) => {
        this.chosen = event.detail.index;
      }}></chalk-scatter-plot>`;
  }

  #inspector() {
    const index = this.#point;
    const images = this.#images;
    const layout = this.#coordinates(0);
    const named = this.store.data.get('labels');
    if (index < 0 || !images || !layout || !named || index >= images.count) {
      return html`<div class="inspector"><p class="hint">Point at the map, or walk through it with the arrow keys: a point shows its image, and rings
        mark its nearest neighbours in the space that is embedded. Are they near on the map?</p></div>`;
    }
    const { labels, classes } = named;
    const names = (indices: readonly number[]) => indices.map((i) => classes[labels[i] ?? -1] ?? '');
    const inInput = neighboursOf(this.store, index);
    const onMap = nearestOnMap(layout, index, NEIGHBOURS);
    const both = inInput.filter((i) => onMap.includes(i)).length;
    const scale = images.width > 28 ? 1.25 : 1.4;
    const row = (label: string, indices: readonly number[]) => html`<chalk-image-grid label=${label} scale=${scale}
      .images=${picked(images, [index, ...indices])} .labels=${['this one', ...names(indices)]}></chalk-image-grid>`;
    return html`<div class="inspector" role="group" aria-label="The point and its neighbours">
      <h3>Nearest in the space that is embedded</h3>
      ${row('The image and its nearest neighbours in the input', inInput)}
      <h3>Nearest on the map: ${both} of ${inInput.length} are the same</h3>
      ${row('The image and its nearest neighbours on the map', onMap)}
    </div>`;
  }

  protected override renderFigure() {
    const panels = this.#panels.length > 0 ? this.#panels : [{ perplexity: this.config.perplexity, seed: this.config.seed }];
    const one = panels.length === 1;
    const columns = one ? 1 : panels.filter(({ seed }) => seed === panels[0]?.seed).length;
    const space = this.store.data.get('space');
    return html`
      <div class="maps" ${styled({ '--columns': columns })}>${panels.map((panel, at) => this.#map(panel, at, one))}</div>
      <p class="space">${space ? html`Embedded: ${space}. ` : nothing}${
        this.ran.layer === 'pixels' ? nothing : html`The network gets ringed points wrong. `
      }Axes have no meaning, only neighbourhoods do.</p>
      ${one ? nothing : this.#legend()} ${this.#inspector()}`;
  }

  /** Colours of the classes, for all small maps together. */
  #legend() {
    const { classes = [] } = this.store.data.get('labels') ?? {};
    return html`<ul class="legend" aria-label="Classes">${classes.map(
      (name, at) => html`<li><span class="swatch" ${styled({ '--swatch': `var(--chalk-cat-${at})` })}></span>${name}</li>`,
    )}</ul>`;
  }

  protected override renderResults() {
    const key = `tsne ${this.id}`;
    const input = this.store.data.get('inputAgreement');
    const lines: ReferenceLine[] =
      input === undefined ? [] : [{ y: input, label: `in the input ${input.toFixed(3)}`, color: 'data' }];
    const curves = (chart: string) => seriesOf(this.store, chart).filter(({ id }) => id !== 'input space');
    const tools = this.compact;
    return html`<div class="charts">
        <chalk-chart label="Divergence C (KL)" x-label="iteration" y-label="nats" height="180" sync-key=${key} ?no-tools=${tools}
          .series=${curves('divergence')} empty-text="Press Run.">What is lowered; always without exaggeration.</chalk-chart>
        <chalk-chart label="10 neighbours vote for the label" x-label="iteration" y-label="accuracy" height="180" sync-key=${key}
          ?no-tools=${tools} .series=${curves('agreement')} .lines=${lines}></chalk-chart>
        <chalk-chart label="Trustworthiness T(5)" x-label="iteration" y-label="T" height="180" sync-key=${key} ?no-tools=${tools}
          .series=${curves('trustworthiness')}>1: no point on the map has false neighbours.</chalk-chart>
      </div>
      <chalk-result-table label="Quality of the maps" .rows=${this.store.tables.get('quality') ?? NONE}><p>10-NN: share of points whose 10
        nearest vote for their label. Neighbours kept: of the 10 nearest in the input, the share that is among the 10 nearest on the map.</p>
      </chalk-result-table>`;
  }

  protected override renderTools() {
    const layers = this.store.data.get('layers') ?? [];
    const names = [...this.#files.keys()].filter((name) => !this.#pictures.has(name));
    const choose = (path: string) => this.set({ path, layer: 'other' });
    const bar = html`<chalk-network-source verb="Embed" value=${names.length > 0 ? 'file' : 'train'} ?disabled=${this.fixes('checkpoint')} .names=${names}
        @network-give=${(event: CustomEvent<GivenNetwork>) => this.#use(event.detail)} @network-choose=${() => this.#forgetFiles()}></chalk-network-source>`;
    const other = this.config.layer === 'other';
    const fixed = this.fixes('path') || (this.fixes('layer') && !other);
    return html`<div class="network">
      ${this.hides('checkpoint') ? nothing : bar}
      ${
        layers.length === 0 || this.recorded || this.hides('path') || (this.hides('layer') && !other)
          ? nothing
          : html`<div class="layers"><span>Layers:</span>${layers.map(
              ({ path, type, shape }) => html`<button class="quiet" aria-pressed=${other && this.config.path === path}
                ?disabled=${fixed} @click=${() => choose(path)}>${path} ${type} <small>${shape.join('×')}</small></button>`,
            )}</div>`
      }
    </div>`;
  }

  protected override exportItems(): readonly ExportItem[] {
    const none = this.store.data.has('layout 0') ? {} : { unavailable: 'after the first iteration' };
    const without = withoutCode(this.made.config, this.#files.size, this.made.changes);
    const embedded = this.store.data.has('epochs') && !this.recorded;
    return [
      {
        id: 'network',
        label: 'the network whose layer is embedded',
        format: 'safetensors',
        name: 'tsne-network',
        provide: async () => (await this.ask('network')) ?? '',
        ...(embedded ? {} : { unavailable: 'after a live run that embeds a layer' }),
      },
      {
        id: 'engine',
        label: 'these maps with the engine alone',
        format: 'ts',
        name: 'tsne-maps',
        provide: async () => (await import('./code.ts')).runnableCode(this.made.config, this.#panels),
        ...(without === undefined ? none : { unavailable: without }),
      },
    ];
  }
}
