/** The saliency lab on the page. */

import { html, nothing } from 'lit';
import type { GivenFiles } from '../../runtime/experiment.ts';
import '../../components/chart/element.ts';
import { filesOf, type OwnImages } from '../../components/dataset-picker/files.ts';
import '../../components/image-picker/element.ts';
import type { ImageSource, PickedImage } from '../../components/image-picker/element.ts';
import '../../components/image-strips/element.ts';
import type { MethodName } from '../../../engine/explain/method-names.ts';
import { METHOD_NAMES } from '../../../engine/explain/method-names.ts';
import type { GivenNetwork } from '../../components/network-source/element.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { HeldRoom } from '../../shell/held-room.ts';
import { batchOf, picked } from '../../shell/image-batch.ts';
import { LabElement, type StartOptions } from '../../shell/lab-element.ts';
import { memoLast } from '../../shell/memo.ts';
import './bench-panel.ts';
import type { BenchAsk } from './bench-run.ts';
import { renderChoices } from './choices.ts';
import type { Explaining, GivenPicture } from './experiment.ts';
import type { MethodMaps, Verdict } from './explain.ts';
import { renderGallery } from './gallery.ts';
import './painter.ts';
import { renderNetworks } from './networks-panel.ts';
import { renderNumbers } from './numbers.ts';
import type { PaintedPicture } from './painter.ts';
import { renderPictureMaps } from './picture-maps.ts';
import type { schema } from './schema.ts';
import { renderStory } from './story.ts';
import { saliencyStyles } from './styles.ts';
import { renderVerdicts } from './verdicts.ts';

const NONE: readonly never[] = [];
/** Parameters that change the maps of a network as it is. */
const EXPLAINING: readonly string[] = [
  ...['methods', 'target', 'class', 'layer', 'from', 'rectify', 'grid', 'normalise'],
  ...['samples', 'sigma', 'nodes', 'baseline', 'window', 'depth'],
];
/** Milliseconds a control must rest before maps are made anew. */
const REST = 300;

type Found = ReadonlyMap<MethodName, MethodMaps>;
const EMPTY: Found = new Map();

/** Files that a choice of network needs. */
const WANTED: Readonly<Record<string, string>> = {
  file: 'a checkpoint of the classification lab',
  'own pictures': 'your pictures: a folder for each class, or a .zip or .tgz of such folders',
};

export class View extends LabElement<typeof schema, Explaining> {
  static override properties = {
    ...LabElement.properties,
    chosen: { state: true },
    given: { state: true },
    again: { state: true },
    ofGiven: { state: true },
    busy: { state: true },
    failure: { state: true },
    opacity: { state: true },
  };
  static override styles = [...LabElement.styles, saliencyStyles];
  /** The picture that is looked at, of all that the run has. */
  declare private chosen: number;
  /** The reader's own picture, or one that was painted on; null: the chosen one as it is. */
  declare private given: GivenPicture | null;
  /** Maps that were made anew after the settings had changed. */
  declare private again: Found;
  /** Maps of the picture that is looked at, where the gallery has none of it. */
  declare private ofGiven: Found;
  /** The method that is being computed; empty: none. */
  declare private busy: string;
  declare private failure: string;
  declare private opacity: number;
  readonly #room = new HeldRoom(this);
  readonly #look = this.question('look');
  readonly #bench = (of: BenchAsk) => this.ask('bench', of);
  #files: GivenFiles = new Map();
  #asked = { gallery: 0, given: 0 };
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.chosen = 0;
    this.given = null;
    this.again = EMPTY;
    this.ofGiven = EMPTY;
    this.busy = '';
    this.failure = '';
    this.opacity = 0.65;
  }

  protected override runStarted(): void {
    this.#room.hold();
    this.chosen = 0;
    this.#forgetGiven();
    this.again = EMPTY;
    this.busy = '';
    this.failure = '';
    this.#asked.gallery++;
  }

  protected override startOptions(): StartOptions {
    return { files: this.#files };
  }

  protected override missing(): string | undefined {
    const wanted = WANTED[this.config.network];
    return wanted && this.#files.size === 0 ? `Under Network, give ${wanted}.` : undefined;
  }

  /** Maps follow the settings, once the run is over and a control rests. */
  protected override configChanged(keys: readonly string[]): void {
    if (this.recorded || this.runState !== 'finished' || !keys.some((key) => EXPLAINING.includes(key))) return;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      if (!this.isConnected || this.runState !== 'finished') return;
      void this.#explain('gallery', null, this.config.methods);
      if (this.given || this.chosen >= this.#explained) this.#explainChosen();
    }, REST);
  }

  // ── Questions to the run ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Asks for maps, method after method; a newer question ends an older one. */
  async #explain(of: 'gallery' | 'given', picture: GivenPicture | null, methods: readonly MethodName[]): Promise<void> {
    const mine = ++this.#asked[of];
    this.failure = '';
    try {
      for (const method of methods) {
        this.busy = method;
        const maps = await this.ask('maps', { method, picture });
        if (mine !== this.#asked[of]) return;
        if (of === 'gallery') this.again = new Map([...this.again, [method, maps]]);
        else this.ofGiven = new Map([...this.ofGiven, [method, maps]]);
      }
    } catch (error) {
      if (mine === this.#asked[of]) this.failure = error instanceof Error ? error.message : String(error);
    }
    if (mine === this.#asked[of]) this.busy = '';
  }

  #explainChosen(): void {
    const picture = this.given ?? this.#original;
    if (!picture || this.recorded || this.fixes('explain')) return;
    void this.#explain('given', picture, this.config.methods);
  }

  #forgetGiven(): void {
    this.given = null;
    this.ofGiven = EMPTY;
    this.#asked.given++;
    this.#look.clear();
  }

  #choose(index: number): void {
    this.chosen = index;
    this.#forgetGiven();
    if (index >= this.#explained) this.#explainChosen();
  }

  #take(picture: GivenPicture): void {
    if (this.recorded || this.fixes('explain')) return;
    this.given = picture;
    this.ofGiven = EMPTY;
    this.#look.ask({ pixels: picture.pixels });
    this.#explainChosen();
  }

  // ── What is known ────────────────────────────────────────────────────────────────────────────────────────────────────────

  get #pictures(): ImageBatch | null {
    return batchOf(this.store.images.get('pictures'));
  }

  /** How many pictures the gallery explains. */
  get #explained(): number {
    return this.store.data.get('shown')?.explained ?? 0;
  }

  /** The chosen picture as the run has it. */
  get #original(): GivenPicture | null {
    const pictures = this.#pictures;
    const shown = this.store.data.get('shown');
    if (!pictures || !shown || this.chosen >= pictures.count) return null;
    const { data } = picked(pictures, [this.chosen]);
    return { pixels: Uint8Array.from(data), object: shown.objects[this.chosen] ?? null, label: shown.labels[this.chosen] ?? -1 };
  }

  /** Maps of the gallery in the order of the methods. */
  readonly #maps = memoLast((methods: readonly MethodName[], again: Found, ...told: readonly (MethodMaps | undefined)[]) =>
    METHOD_NAMES.flatMap((method, at) => {
      const found = methods.includes(method) ? (again.get(method) ?? told[at]) : undefined;
      return found ? [found] : [];
    }),
  );

  get #galleryMaps(): readonly MethodMaps[] {
    const told = METHOD_NAMES.map((method) => this.store.data.get(`maps ${method}`));
    return this.#maps(this.recorded ? this.ran.methods : this.config.methods, this.again, ...told);
  }

  readonly #captions = memoLast((verdicts: readonly Verdict[], count: number) =>
    verdicts.slice(0, count).map(({ name }) => name),
  );

  // ── The figure ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected override renderFigure() {
    const background = this.store.data.get('background');
    return html`${background ? renderStory(background, this.opacity) : nothing} ${this.#renderGallery()}
      ${
        background || this.#pictures
          ? nothing
          : html`<chalk-chart label="Training loss" x-label="step" y-label="cross-entropy" smoothing="0.9"
              .series=${seriesOf(this.store, 'training')} empty-text="Press Run."></chalk-chart>`
      }`;
  }

  #renderGallery() {
    const pictures = this.#pictures;
    const shown = this.store.data.get('shown');
    const maps = this.#galleryMaps;
    if (!pictures || !shown || maps.length === 0) return nothing;
    const gallery = renderGallery({
      pictures: this.#first(pictures, shown.explained),
      captions: this.#captions(shown.verdicts, shown.explained),
      maps,
      depth: maps.find(({ why }) => why === '')?.depth ?? 0,
      opacity: this.opacity,
      selected: this.chosen < shown.explained && !this.given ? this.chosen : -1,
      select: (index) => this.#choose(index),
    });
    return html`<div>${gallery}${this.#renderChoices()}</div>`;
  }

  readonly #first = memoLast((pictures: ImageBatch, count: number) =>
    picked(
      pictures,
      Array.from({ length: Math.min(count, pictures.count) }, (_, n) => n),
    ),
  );

  #renderChoices() {
    const subject = this.store.data.get('subject');
    const layer = (key: 'layer' | 'from', label: string, none: string) => ({
      label,
      none,
      value: this.config[key],
      fixed: this.recorded || this.fixes(key),
      choose: (path: string) => this.set({ [key]: path }),
    });
    return renderChoices({
      methods: this.config.methods,
      methodsFixed: this.recorded || this.fixes('methods'),
      chooseMethods: (methods) => this.set({ methods }),
      subject,
      layers: [
        ...(this.hides('layer')
          ? []
          : [layer('layer', 'CAM family: maps of', subject?.last ? `the last layer with maps (${subject.last})` : 'no layer')]),
        ...(this.hides('from') ? [] : [layer('from', 'gradient methods:', 'the pixels')]),
      ],
      opacity: this.opacity,
      chooseOpacity: (opacity) => {
        this.opacity = opacity;
      },
      busy: this.busy,
      failure: this.failure,
    });
  }

  // ── One picture ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected override renderResults() {
    if (!this.store.data.get('subject')) return nothing;
    return html`${this.#renderPicture()} ${renderNumbers(this.store)}
      <section class="bench" id="bench" aria-label="Bench of explanations">${
        this.hides('explain')
          ? nothing
          : html`<chalk-bench-panel seed=${this.ran.seed} ?disabled=${this.recorded || this.fixes('explain')} .ask=${this.#bench}></chalk-bench-panel>`
      }</section>`;
  }

  #renderPicture() {
    const pictures = this.#pictures;
    const shown = this.store.data.get('shown');
    const subject = this.store.data.get('subject');
    if (!subject || this.hides('explain')) return nothing;
    const before = shown?.verdicts[this.chosen];
    const after = this.given ? this.#look.value : undefined;
    const canvas = pictures && shown ? this.#canvas(pictures, this.chosen) : this.#ownCanvas(this.given);
    return html`<h3>One picture${this.#titleOf()}</h3>
      ${this.recorded ? html`<p class="facts">Press Run to paint on pictures and to give your own.</p>` : nothing}
      ${this.#renderPicker(pictures)}
      <div class="sides">
        <div><chalk-picture-painter ?disabled=${this.recorded || this.fixes('explain')} .image=${canvas} .object=${shown?.objects[this.chosen] ?? null}
          @picture-paint=${(event: CustomEvent<PaintedPicture>) => this.#take({ ...event.detail, label: shown?.labels[this.chosen] ?? -1 })}></chalk-picture-painter></div>
        <div>${before ? renderVerdicts(before, after) : after ? renderVerdicts(after, undefined) : nothing}</div>
      </div>
      ${this.#renderMaps(canvas)}`;
  }

  #titleOf() {
    const shown = this.store.data.get('shown');
    const name = shown?.names[this.chosen];
    if (this.given && this.#own === this.given) return ': your own';
    return html`${name ? `: ${name}` : nothing}${this.given ? ', painted' : nothing}`;
  }

  /** The reader's own picture, while it is what is looked at. */
  #own: GivenPicture | null = null;

  readonly #canvas = memoLast((pictures: ImageBatch, index: number) =>
    index < pictures.count ? picked(pictures, [index]) : null,
  );

  readonly #ownCanvas = memoLast((given: GivenPicture | null): ImageBatch | null => {
    const subject = this.store.data.get('subject');
    if (!given || !subject) return null;
    const [height = 0, width = 0, channels = 1] = subject.inputShape;
    return { data: given.pixels, count: 1, height, width, channels: channels === 3 ? 3 : 1 };
  });

  /** Maps of the picture that is looked at: those of the gallery, or its own. */
  get #chosenMaps(): readonly MethodMaps[] {
    return this.given || this.chosen >= this.#explained ? [...this.ofGiven.values()] : this.#galleryMaps;
  }

  #renderMaps(canvas: ImageBatch | null) {
    const own = this.given || this.chosen >= this.#explained;
    const found = this.#settledMaps(this.#chosenMaps.length, own ? this.ofGiven : this.again, this.#chosenMaps);
    return renderPictureMaps(found, own ? 0 : this.chosen, this.given ? this.#ownCanvas(this.given) : canvas);
  }

  /** The same array while nothing is added. */
  readonly #settledMaps = memoLast((_count: number, _of: Found, maps: readonly MethodMaps[]) => maps);

  #renderPicker(pictures: ImageBatch | null) {
    const subject = this.store.data.get('subject');
    if (!subject || (!this.store.data.has('shown') && this.runState !== 'finished')) return nothing;
    const [height = 28, width = 28, channels = 1] = subject.inputShape;
    const digits = height === 28 && width === 28 && channels === 1;
    return html`<chalk-image-picker label="Another picture" width=${width} height=${height} channels=${channels} scale=${72 / width}
      ?disabled=${this.recorded || this.fixes('explain')} .sources=${this.#sources(pictures, this.store.data.get('shown')?.names ?? NONE, digits)}
      @image-pick=${(event: CustomEvent<PickedImage>) => this.#pick(event.detail)}></chalk-image-picker>
      ${subject.notices.map((notice) => html`<p class="facts">Photographs: ${notice}.</p>`)}`;
  }

  readonly #sources = memoLast(
    (images: ImageBatch | null, labels: readonly string[], digits: boolean): readonly ImageSource[] => [
      ...(images ? [{ kind: 'pictures', id: 'here', title: 'these', images, labels } as const] : []),
      ...(digits ? [{ kind: 'draw', id: 'draw', title: 'draw one' } as const] : []),
      { kind: 'own', id: 'own', title: 'your own' },
    ],
  );

  #pick({ source, index, pixels }: PickedImage): void {
    if (source === 'here') this.#choose(index);
    else if (pixels) {
      const own: GivenPicture = { pixels, object: null, label: -1 };
      this.#own = own;
      this.#take(own);
    }
  }

  // ── Numbers and networks ─────────────────────────────────────────────────────────────────────────────────────────────────

  #use({ name, bytes }: GivenNetwork): void {
    if (!this.take({ network: 'file' }, 'This network')) return;
    this.#files = new Map([[name, bytes]]);
    this.restart();
  }

  #train(own: OwnImages): void {
    const files = filesOf(own);
    if (files.size === 0 || !this.take({ network: 'own pictures' }, 'This set')) return;
    this.#files = files;
    this.restart();
  }

  protected override renderTools() {
    if (this.hides('checkpoint')) return nothing;
    const { network } = this.config;
    return renderNetworks({
      network,
      given: network === 'file' ? [...this.#files.keys()] : NONE,
      networksFixed: this.fixes('checkpoint') || this.fixes('network'),
      picturesFixed: this.fixes('checkpoint'),
      use: (given) => this.#use(given),
      choose: (chosen) => {
        if (this.take({ network: chosen }, 'This network')) this.restart();
      },
      train: (own) => this.#train(own),
    });
  }
}
