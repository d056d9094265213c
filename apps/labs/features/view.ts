/** The features lab on the page. */
import { html, nothing } from 'lit';
import '../../components/chart/element.ts';
import '../../components/dataset-picker/element.ts';
import type { OwnImages } from '../../components/dataset-picker/files.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import '../../components/image-grid/element.ts';
import type { ChalkImageGrid } from '../../components/image-grid/element.ts';
import '../../components/network-source/element.ts';
import type { GivenNetwork } from '../../components/network-source/element.ts';
import '../../components/result-table/element.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { batchOf } from '../../shell/image-batch.ts';
import { LabElement, type StartOptions } from '../../shell/lab-element.ts';
import type { Blocks } from './blocks-figure.ts';
import './blocks-figure.ts';
import type { Features } from './experiment.ts';
import { ICON_FILE, type IconSet, writeIcons } from './icon-file.ts';
import { keepIcons, keptIcons } from './icon-store.ts';
import './objective-editor.ts';
import type { LabEvent } from '../../runtime/events.ts';
import type { schema } from './schema.ts';
import { featureStyles } from './styles.ts';
import type { Config } from './subject.ts';
import { objectiveName, type Term } from './terms.ts';
import { type WayName, wayLabel, waysOf } from './ways.ts';

/** One empty list for all: a new one would make tables and charts draw anew. */
const NONE: readonly never[] = [];
const FORMATS = { 'in finest detail': 'percent' } as const;
/** The first class: an objective that every network which classifies has. */
const ANY_NETWORK: readonly Term[] = [{ kind: 'logit', layer: '', unit: 0, weight: 1 }];
/** Width of an image, or of a row of them, in CSS pixels. */
const SHOWN = 168;
/** The same where there is one way alone. */
const SHOWN_ALONE = { narrow: 300, wide: 480 } as const;

export class View extends LabElement<typeof schema, Features> {
  static override properties = { ...LabElement.properties, chosen: { state: true } };
  static override styles = [...LabElement.styles, featureStyles];
  /** Index of the snapshot that is shown; −1: the latest. */
  declare private chosen: number;
  /** The reader's network, and picture. */
  readonly #files = new Map<string, Uint8Array>();
  readonly #picture = new Map<string, Uint8Array>();
  /** Icons of earlier runs, by network and layer. */
  readonly #icons = new Map<string, IconSet>();
  readonly #effects = this.question('effects');
  readonly #groups = this.question('groups');
  readonly #groupIcons = this.question('groupIcons');
  readonly #between = this.question('between');

  constructor() {
    super();
    this.chosen = -1;
  }

  protected override runStarted(): void {
    this.chosen = -1;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void keptIcons().then((sets) => {
      for (const set of sets) this.#icons.set(set.key, set);
    });
  }

  /** Icons are kept when all of a kind are made, and when the run ends. */
  protected override runEvents(events: readonly LabEvent[]): void {
    if (this.recorded || !events.some(({ type }) => type === 'phase' || type === 'result')) return;
    const set = this.store.data.get('icons');
    if (!set || this.#icons.get(set.key)?.channels.length === set.channels.length) return;
    this.#icons.set(set.key, set);
    void keepIcons(set);
  }

  protected override missing(): string | undefined {
    if (this.config.network === 'file' && this.#files.size === 0)
      return 'give a checkpoint of the classification lab below the figure, or choose another network.';
    if (this.#wantsPicture && this.#picture.size === 0) return 'give a picture below the figure, or choose another photograph.';
    return undefined;
  }

  /** Whether the settings name a picture of the reader's. */
  get #wantsPicture(): boolean {
    const { figure, photo, terms } = this.config;
    return figure === 'blocks' ? photo === 'own' : terms.some((term) => term.photo === 'own');
  }

  protected override startOptions(): StartOptions {
    const icons =
      this.config.figure === 'blocks' ? [...this.#icons].map(([key, set]) => [ICON_FILE + key, writeIcons(set)] as const) : [];
    return { files: new Map([...this.#files, ...this.#picture, ...icons]) };
  }

  /** Another network has other layers: what can be climbed in all of them is a class. */
  #elsewhere(network: Config['network']): boolean {
    const terms = network === this.config.network ? {} : { terms: ANY_NETWORK, figure: 'visualisation' as const };
    return this.take(network === 'tiny-darknet' ? { network } : { network, ...terms }, 'This network');
  }

  #use({ name, bytes }: GivenNetwork): void {
    if (!this.#elsewhere('file')) return;
    this.#files.clear();
    this.#files.set(name, bytes);
    this.restart('step');
  }

  get #ways(): readonly WayName[] {
    return this.store.data.get('ways') ?? waysOf(this.config).names;
  }

  protected override renderFigure() {
    if (this.ran.figure === 'blocks') return this.#blocks();
    return html`${this.#objective()} ${this.#images()} ${this.#chart()}`;
  }

  /** Where the run could not begin for want of Tiny Darknet: networks that need no download. */
  #waysOut() {
    if (this.runState !== 'failed' || this.config.network !== 'tiny-darknet' || this.fixes('network')) return nothing;
    return html`<p class="instead">Without Tiny Darknet: <button @click=${() => {
      if (this.#elsewhere('cifar-10')) this.restart();
    }}>look into a small CNN that is trained here</button> or give a checkpoint of the classification lab:</p>`;
  }

  #blocks() {
    const { data, images } = this.store;
    const [photo, about, layer, verdicts, dictionary] = [
      batchOf(images.get('photograph')),
      data.get('photograph'),
      data.get('layer'),
      data.get('verdicts'),
      data.get('dictionary'),
    ];
    const effects = this.#effects.value ?? data.get('effects');
    const groups = this.#groups.value ?? data.get('groups');
    const later =
      data.get('layers')?.filter(({ path, shape }) => shape.length === 3 && Number(path) > Number(layer?.path)) ?? NONE;
    const blocks: Blocks | null =
      photo && about && layer && verdicts && dictionary
        ? {
            ...{ photo, ...about, layer, verdicts, dictionary, effects, groups, later },
            icons: data.get('icons'),
            groupIcons: this.#groupIcons.value ?? data.get('group icons'),
            grid: data.get('grid'),
            between: this.#between.value,
            classNames: data.get('classes') ?? NONE,
          }
        : null;
    const of = { first: effects?.first ?? 0, second: effects?.second ?? 0 };
    return html`<chalk-building-blocks ?live=${!this.recorded && dictionary !== undefined} .blocks=${blocks}
      @blocks-classes=${({ detail }: CustomEvent<{ first: number; second: number }>) => {
        this.#effects.ask(detail);
        if (groups) this.#groups.ask({ rank: groups.rank, ...detail });
      }}
      @blocks-rank=${({ detail }: CustomEvent<{ rank: number }>) => {
        this.#groups.ask({ ...detail, ...of });
        this.#groupIcons.ask({ ...detail, ...of });
      }}
      @blocks-climb=${({ detail }: CustomEvent<{ mix: NonNullable<Term['mix']> }>) => this.#climb(layer?.path ?? '', detail.mix)}
      @blocks-between=${({ detail }: CustomEvent<{ to: string }>) => this.#between.ask(detail)}></chalk-building-blocks>`;
  }

  /** A channel or a direction of the building blocks, in large. */
  #climb(layer: string, mix: NonNullable<Term['mix']>): void {
    const [[unit] = [0]] = mix;
    const term: Term =
      mix.length === 1 ? { kind: 'channel', layer, unit, weight: 1 } : { kind: 'direction', layer, unit: 0, weight: 1, mix };
    if (this.take({ figure: 'visualisation', compare: 'alone', steps: 256, size: 96, batch: 1, terms: [term] }, 'This icon'))
      this.restart();
  }

  async #takePicture(event: CustomEvent<OwnImages>): Promise<void> {
    const [picked] = event.detail.images;
    if (!picked) return;
    const bytes = new Uint8Array(await picked.file.arrayBuffer());
    // A caricature of one's own picture takes it as it is; else it is taken apart.
    const wanted = this.config.figure === 'visualisation' && this.#wantsPicture;
    if (!wanted && !this.take({ figure: 'blocks', photo: 'own' }, 'This picture')) return;
    this.#picture.clear();
    this.#picture.set(`own/${picked.file.name}`, bytes);
    this.restart();
  }

  #objective() {
    if (this.hides('objective') || this.hides('terms')) return nothing;
    const shown = this.fixes('objective') || this.fixes('terms');
    return html`<chalk-objective-editor .terms=${this.config.terms} .layers=${this.store.data.get('layers') ?? NONE}
      .classes=${this.store.data.get('classes') ?? NONE} ?disabled=${shown}
      @terms-change=${(event: CustomEvent<{ terms: readonly Term[] }>) => this.set({ terms: event.detail.terms })}></chalk-objective-editor>`;
  }

  #images() {
    const snapshots = this.store.data.get('snapshots') ?? NONE;
    const at = this.chosen < 0 ? snapshots.length - 1 : Math.min(this.chosen, snapshots.length - 1);
    const step = snapshots[at];
    const side = Math.max(this.ran.size, 1);
    const alone = this.#ways.length === 1;
    const shown = alone ? SHOWN_ALONE[this.narrow ? 'narrow' : 'wide'] : SHOWN;
    // One way alone shows up to five in a row: a walk from one feature to another is read along it.
    const { batch } = this.ran;
    const columns = alone && batch <= 5 ? batch : Math.min(3, Math.ceil(Math.sqrt(batch)));
    const height = (shown / columns) * Math.ceil(batch / columns);
    return html`<div class="ways" data-card style="--images: ${height}px">${this.#ways.map((name) => {
      const label = wayLabel(name, this.ran);
      const images = batchOf(this.store.images.get(`${name} ${step}`));
      return html`<figure><figcaption>${label}</figcaption>
        <chalk-image-grid label="${label}, step ${step ?? 0}" scale=${shown / columns / (images?.width ?? side)} columns=${columns} gap="2" smooth
          .images=${images} empty-text="Press Run."></chalk-image-grid></figure>`;
    })}</div>
    ${this.#scrubber(snapshots, at)}`;
  }

  #scrubber(snapshots: readonly number[], at: number) {
    // There from the start, so that nothing moves when the first images come.
    return html`<label class="scrub">step ${snapshots[at] ?? 0}
      <input data-view type="range" min="0" max=${Math.max(1, snapshots.length - 1)} .value=${String(Math.max(0, at))} aria-label="step of the images"
        aria-valuetext="step ${snapshots[at] ?? 0}" ?disabled=${snapshots.length < 2}
        @input=${(event: Event & { currentTarget: HTMLInputElement }) => {
          const value = event.currentTarget.valueAsNumber;
          this.chosen = value === snapshots.length - 1 ? -1 : value;
        }} /></label>`;
  }

  #chart() {
    const looks = Object.fromEntries(this.#ways.map((name, color) => [name, { label: wayLabel(name, this.ran), color }]));
    const named = objectiveName(this.ran.terms, this.store.data.get('classes'));
    return html`<chalk-chart label="What is climbed: ${named}" x-label="step" y-label="objective" height="200" ?no-tools=${this.compact}
      .series=${seriesOf(this.store, 'objective', looks)} empty-text="Press Run: the same objective, climbed in several ways.">As each step
      sees the images: transformed where there are transformations, less the penalties where there are some.</chalk-chart>`;
  }

  protected override renderResults() {
    if (this.ran.figure === 'blocks') {
      return html`<chalk-chart label="Icons" x-label="step" y-label="objective" height="140" ?no-tools=${this.compact}
        .series=${seriesOf(this.store, 'icons')} empty-text="Icons are made step by step.">What the icons are worth while they are made.</chalk-chart>`;
    }
    const rows = this.store.tables.get('ways') ?? NONE;
    return html`<chalk-result-table label="What the images are worth" .rows=${rows} .formats=${FORMATS}><p>The objective without penalties, of the images as
      they are and as the mean over 16 transformations that all ways share. In finest detail: the share of an image's contrast that a blur
      over 3 × 3 pixels takes away.</p></chalk-result-table>`;
  }

  protected override renderTools() {
    const network = this.store.data.get('network');
    if (this.hides('checkpoint')) return nothing;
    const given = [...this.#files.keys()];
    const value = { 'tiny-darknet': 'pretrained', 'cifar-10': 'train', file: 'file' }[this.config.network];
    return html`<div class="network">${this.#waysOut()}<chalk-network-source verb="Look into" value=${value} pretrained ?disabled=${this.fixes('checkpoint') || this.fixes('network')} .names=${given}
        @network-give=${(event: CustomEvent<GivenNetwork>) => this.#use(event.detail)}
        @network-choose=${(event: CustomEvent<{ source: 'train' | 'pretrained' }>) => {
          this.#elsewhere(event.detail.source === 'train' ? 'cifar-10' : 'tiny-darknet');
        }}>${network ? html`<p>Shown: ${network}.</p>` : nothing}</chalk-network-source>
      ${
        (this.config.figure === 'blocks' || this.#wantsPicture) && !this.fixes('photo')
          ? html`<chalk-dataset-picker own label="A picture of your own" @files-add=${this.#takePicture}></chalk-dataset-picker>`
          : nothing
      }</div>`;
  }

  protected override exportItems(): readonly ExportItem[] {
    const grids = () => [...this.renderRoot.querySelectorAll<ChalkImageGrid>('.ways chalk-image-grid')];
    const none = this.store.data.has('snapshots') ? {} : { unavailable: 'after the first step' };
    return this.#ways.map((name, at) => ({
      id: `png-${at}`,
      label: `images, ${wayLabel(name, this.ran)}`,
      format: 'png',
      name: `features-${name.replace(/\W+/g, '-')}`,
      provide: async () => (await grids()[at]?.toPng()) ?? '',
      ...none,
    }));
  }
}
