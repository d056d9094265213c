import { html, LitElement, nothing } from 'lit';
import '../../components/heat-map/element.ts';
import '../../components/image-grid/element.ts';
import '../../components/result-table/element.ts';
import { chalkEvent, define } from '../../components/shared/define.ts';
import { formatNumber } from '../../components/shared/format.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { memoLast } from '../../shell/memo.ts';
import { baseStyles } from '../../shell/styles.ts';
import type { Between, Dictionary, Groups, Verdict } from './blocks.ts';
import { betweenMap, directionBatch, iconsOf, mixOf, mosaic } from './blocks-pictures.ts';
import { blocksStyles } from './blocks-styles.ts';
import type { IconSet } from './icon-file.ts';
import type { LayerInfo } from './subject.ts';
import type { DirectionIcons, Grid, ShownEffects } from './take-apart.ts';

/** Everything that a run has told about one photograph; what is not there yet is undefined. */
export interface Blocks {
  readonly photo: ImageBatch;
  readonly name: string;
  readonly notice: string;
  readonly layer: LayerInfo;
  readonly verdicts: readonly Verdict[];
  readonly dictionary: Dictionary;
  readonly effects: ShownEffects | undefined;
  readonly groups: Groups | undefined;
  readonly icons: IconSet | undefined;
  readonly groupIcons: DirectionIcons | undefined;
  readonly grid: Grid | undefined;
  readonly between: Between | undefined;
  /** Layers behind the one that is looked at, of those that put out maps. */
  readonly later: readonly LayerInfo[];
  readonly classNames: readonly string[];
}

const PHOTO = 300;
const ICON = 64;

/**
 * The building blocks of a photograph: what the layer sees at the place under the pointer, what places, channels and groups do for two
 * classes.
 *
 * @element chalk-building-blocks
 * @attr {boolean} live - a run is there to ask
 * @fires blocks-classes - detail `{first, second}`
 * @fires blocks-rank - detail `{rank}`
 * @fires blocks-between - detail `{to}`
 * @fires blocks-climb - the reader wants to see a channel or a direction in large; detail `{mix}`
 */
export class ChalkBuildingBlocks extends LitElement {
  static override properties = {
    blocks: { attribute: false },
    live: { type: Boolean },
    cell: { state: true },
    overlay: { state: true },
    group: { state: true },
    later: { state: true },
  };
  static override styles = [baseStyles, blocksStyles];

  declare blocks: Blocks | null;
  declare live: boolean;
  /** The position that is looked at, −1: where the run says to look first. */
  declare private cell: number;
  /** What lies over the photograph. */
  declare private overlay: 'nothing' | 'strength' | 'first' | 'second';
  /** The group under the pointer: its map lies over the photograph. */
  declare private group: number;
  /** The position of a later layer under the pointer. */
  declare private later: number;

  readonly #cellIcons = memoLast(iconsOf);
  readonly #channelIcons = memoLast(iconsOf);
  readonly #mosaic = memoLast(mosaic);
  readonly #groupBatch = memoLast(directionBatch);
  readonly #colours = memoLast(
    (data: Float32Array, width: number): ImageBatch => ({ data, count: 1, width, height: data.length / 3 / width, channels: 3 }),
  );
  readonly #channelsAt = memoLast((dictionary: Dictionary, cell: number) =>
    Array.from(dictionary.channels.subarray(cell * dictionary.top, (cell + 1) * dictionary.top)),
  );
  readonly #evidence = memoLast((effects: ShownEffects) => effects.channels.map(({ channel }) => channel));
  readonly #rows = memoLast((effects: ShownEffects, a: string, b: string) =>
    effects.channels.map(({ channel, first, second, net, pathFirst, pathSecond }) => ({
      channel,
      [`for ${a}`]: first,
      [`for ${b}`]: second,
      'net evidence': net,
      [`path, ${a}`]: pathFirst,
      [`path, ${b}`]: pathSecond,
    })),
  );
  readonly #between = memoLast(betweenMap);

  constructor() {
    super();
    this.blocks = null;
    this.live = false;
    this.cell = -1;
    this.overlay = 'strength';
    this.group = -1;
    this.later = -1;
  }

  #className(index: number): string {
    return this.blocks?.classNames[index] ?? `class ${index}`;
  }

  #hover(event: CustomEvent<{ row: number; column: number } | null>, columns: number): void {
    event.stopPropagation();
    if (event.detail) this.cell = event.detail.row * columns + event.detail.column;
  }

  #over({ dictionary, effects, groups, between }: Blocks): {
    values: Float32Array;
    map: 'sequential' | 'diverging';
    name: string;
  } {
    const cells = dictionary.height * dictionary.width;
    if (between && this.later >= 0) {
      const [h = 1, w = 1] = between.to.shape;
      const values = this.#between(between.values, cells, h * w, this.later, 'later');
      return { values, map: 'diverging', name: `where position ${this.later} of layer ${between.to.path} has it from` };
    }
    const group = groups?.maps[this.group];
    if (group) return { values: group, map: 'sequential', name: `group ${this.group + 1}` };
    if (effects && (this.overlay === 'first' || this.overlay === 'second')) {
      const at = this.overlay === 'first' ? 0 : 1;
      return {
        values: effects.spatial[at],
        map: 'diverging',
        name: `for ${this.#className(at === 0 ? effects.first : effects.second)}`,
      };
    }
    return { values: dictionary.norms, map: 'sequential', name: 'strength of the activations' };
  }

  #photo(blocks: Blocks, cell: number) {
    const { photo, dictionary, effects, layer } = blocks;
    const { values, map, name } = this.#over(blocks);
    const choose = (event: Event & { currentTarget: HTMLSelectElement }) => {
      const chosen = (['nothing', 'strength', 'first', 'second'] as const).find((value) => value === event.currentTarget.value);
      this.overlay = chosen ?? 'strength';
    };
    return html`<div>
      <label>over the photograph <select @change=${choose}>
        <option value="strength" ?selected=${this.overlay === 'strength'}>strength of the activations</option>
        ${
          effects
            ? html`<option value="first">what speaks for ${this.#className(effects.first)}</option>
        <option value="second">what speaks for ${this.#className(effects.second)}</option>`
            : nothing
        }
        <option value="nothing">nothing</option></select></label>
      <chalk-heat-map label="Photograph, layer ${layer.path}: ${name}" columns=${dictionary.width} map=${map} size=${PHOTO} fade
        opacity=${this.overlay === 'nothing' && this.group < 0 && this.later < 0 ? 0 : 0.75} cursor=${cell} no-legend .values=${values} .image=${photo}
        @cell-hover=${(event: CustomEvent<{ row: number; column: number } | null>) => this.#hover(event, dictionary.width)}></chalk-heat-map>
    </div>`;
  }

  #entry({ dictionary, icons, layer }: Blocks, cell: number) {
    const channels = this.#channelsAt(dictionary, cell);
    const values = dictionary.values.subarray(cell * dictionary.top, (cell + 1) * dictionary.top);
    const labels = channels.map((channel, at) => `${channel}: ${formatNumber(values[at] ?? 0, 2)}`);
    return html`<div><h4>Seen at row ${Math.floor(cell / dictionary.width)}, column ${cell % dictionary.width} of layer ${layer.path}</h4>
      <chalk-image-grid label="Strongest channels here" scale=${ICON / (icons?.side ?? ICON)} smooth .images=${this.#cellIcons(icons, channels)} .labels=${labels}
        empty-text=${`Channels ${labels.join(', ')}; their icons come step by step.`}
        @item-select=${(event: CustomEvent<{ index: number }>) => {
          const channel = channels[event.detail.index];
          if (channel !== undefined) this.#climb([[channel, 1]]);
        }}></chalk-image-grid>
      <p>The channels that answer most strongly to this place, with the images that they look for. Point at another place; choose an icon
      to see it in large.</p></div>`;
  }

  #classes({ effects, verdicts, dictionary }: Blocks) {
    if (!effects) return nothing;
    const choices = [...new Set([...verdicts.map(({ index }) => index), effects.first, effects.second])];
    const select = (which: 'first' | 'second') => html`<select aria-label="${which} class" ?disabled=${!this.live}
      @change=${(event: Event & { currentTarget: HTMLSelectElement }) => {
        const { first, second } = effects;
        const index = Number(event.currentTarget.value);
        this.dispatchEvent(chalkEvent('blocks-classes', which === 'first' ? { first: index, second } : { first, second: index }));
      }}>${choices.map((index) => html`<option value=${index} ?selected=${index === effects[which]}>${this.#className(index)}</option>`)}</select>`;
    return html`<div class="wide"><h3>For ${select('first')} or ${select('second')}?</h3>
      <div class="pair">
        <div><chalk-image-grid label="Both classes in one picture" scale=${180 / dictionary.width} .images=${this.#colours(effects.colours, dictionary.width)}></chalk-image-grid>
        <p>Red places speak for ${this.#className(effects.first)}, blue ones for ${this.#className(effects.second)}, pale ones for both.</p></div>
        ${this.#channels(effects)}
      </div></div>`;
  }

  #channels(effects: ShownEffects) {
    const icons = this.blocks?.icons;
    const channels = this.#evidence(effects);
    const [a, b] = [this.#className(effects.first), this.#className(effects.second)];
    return html`<div>
      <chalk-image-grid label="Channels that tell the classes apart" scale=${44 / (icons?.side ?? ICON)} gap="6" smooth .images=${this.#channelIcons(icons, channels)}
        .labels=${channels.map(String)} empty-text="Icons come step by step."></chalk-image-grid>
      <chalk-result-table label="Channels that tell them apart" .rows=${this.#rows(effects, a, b)}><p>Parts of the logits, to first order and along
        the path from no activation. Only their sizes beside each other mean something.</p></chalk-result-table></div>`;
  }

  #groups({ groups, effects, groupIcons, dictionary, photo }: Blocks) {
    if (!groups) return nothing;
    const icons =
      groupIcons && groupIcons.pixels.length === groups.rank * groupIcons.side ** 2 * groupIcons.depth ? groupIcons : undefined;
    const [a, b] = effects ? [this.#className(effects.first), this.#className(effects.second)] : ['', ''];
    return html`<div class="wide"><h3>Neuron groups</h3>
      <label>${groups.rank} groups <input type="range" min="2" max="12" .value=${String(groups.rank)} ?disabled=${!this.live}
        @change=${(event: Event & { currentTarget: HTMLInputElement }) => this.dispatchEvent(chalkEvent('blocks-rank', { rank: event.currentTarget.valueAsNumber }))} /></label>
      <div class="groups">${groups.maps.map((map, at) => {
        const [one = 0, other = 0] = groups.effects[at] ?? [];
        return html`<figure tabindex="0" class=${this.group === at ? 'active' : ''} @pointerenter=${() => this.#show(at)} @pointerleave=${() => this.#show(-1)}
          @focusin=${() => this.#show(at)} @focusout=${() => this.#show(-1)}>
          <figcaption>group ${at + 1}</figcaption>
          <chalk-heat-map label="Group ${at + 1}" columns=${dictionary.width} map="sequential" size="112" fade opacity="0.85" no-legend .values=${map} .image=${photo}
            @cell-hover=${(event: Event) => event.stopPropagation()}></chalk-heat-map>
          ${icons ? html`<chalk-image-grid label="Icon of group ${at + 1}" scale=${ICON / icons.side} smooth .images=${this.#one(icons, at)}></chalk-image-grid>` : nothing}
          <p>${a} ${formatNumber(one, 3)}<br />${b} ${formatNumber(other, 3)}<br />channels ${groups.channels[at]?.join(', ')}</p>
          <button type="button" class="quiet" aria-label="See group ${at + 1} in large" @click=${() => this.#climb(mixOf(groups.directions[at]))}>in large</button></figure>`;
      })}</div>
      <p>Non-negative factors of the activations: what is active together. They leave ${formatNumber(100 * groups.residual, 3)} % of the
      activations unexplained. Point at a group to see where it is; the numbers are its part of the two logits.</p></div>`;
  }

  #singles: { of: DirectionIcons; batches: ImageBatch[] } | undefined;
  #one(icons: DirectionIcons, at: number): ImageBatch | null {
    if (this.#singles?.of !== icons) {
      const all = this.#groupBatch(icons);
      const bytes = all.width * all.height * all.channels;
      const batches = Array.from({ length: all.count }, (_, n) => ({
        ...all,
        count: 1,
        data: icons.pixels.subarray(n * bytes, (n + 1) * bytes),
      }));
      this.#singles = { of: icons, batches };
    }
    return this.#singles.batches[at] ?? null;
  }

  #climb(mix: readonly (readonly [number, number])[]): void {
    this.dispatchEvent(chalkEvent('blocks-climb', { mix }));
  }

  #show(group: number): void {
    this.group = group;
  }

  #grid({ grid, layer }: Blocks) {
    if (!grid) return nothing;
    const picture = this.#mosaic(grid);
    return html`<div><h3>Activation grid</h3>
      <chalk-image-grid label="Activation grid" scale=${PHOTO / picture.width} smooth .images=${picture}></chalk-image-grid>
      <p>What layer ${layer.path} sees in each part of the photograph: the image of all its channels together, the larger the more strongly it is
      active.${grid.made < grid.rows * grid.columns ? html` ${grid.made} of ${grid.rows * grid.columns} are made.` : nothing}</p></div>`;
  }

  #betweenLayers({ between, later, dictionary, layer }: Blocks, cell: number) {
    if (later.length === 0) return nothing;
    const choose = html`<label>layer ${layer.path} for layer <select ?disabled=${!this.live}
      @change=${(event: Event & { currentTarget: HTMLSelectElement }) => {
        if (event.currentTarget.value) this.dispatchEvent(chalkEvent('blocks-between', { to: event.currentTarget.value }));
      }}><option value="">choose</option>${later.map(({ path, type, shape }) => html`<option value=${path} ?selected=${path === between?.to.path}>${path} ${type} ${shape.join('×')}</option>`)}</select></label>`;
    const [h = 1, w = 1] = between?.to.shape ?? [];
    return html`<div><h3>From layer to layer</h3>${choose}
      ${
        between
          ? html`<chalk-heat-map label="What the place under the pointer does for layer ${between.to.path}" columns=${w} map="diverging" size=${PHOTO}
            no-legend .values=${this.#between(between.values, dictionary.height * dictionary.width, h * w, cell, 'earlier')}
            @cell-hover=${(event: CustomEvent<{ row: number; column: number } | null>) => {
              event.stopPropagation();
              this.later = event.detail ? event.detail.row * w + event.detail.column : -1;
            }}></chalk-heat-map>
            <p>What the place under the pointer does for the strength of each place of the later layer. Point here to see on the photograph where a
            later place has its strength from.</p>`
          : html`<p>${this.live ? '' : 'Run live to choose.'} What each place does for the places of a later layer.</p>`
      }</div>`;
  }

  protected override render() {
    const { blocks } = this;
    if (!blocks) return html`<p>Press Run: a photograph is taken apart.</p>`;
    const cell = this.cell >= 0 && this.cell < blocks.dictionary.norms.length ? this.cell : blocks.dictionary.cursor;
    const top = blocks.verdicts.slice(0, 3).map(({ name, probability }) => `${name} ${formatNumber(100 * probability, 2)} %`);
    return html`<p class="verdict"><strong>${blocks.name}</strong>, for the network: ${top.join(', ')}.</p>
      <div class="parts" data-card>${this.#photo(blocks, cell)} ${this.#entry(blocks, cell)}</div>
      <div class="parts">${this.#classes(blocks)} ${this.#groups(blocks)} ${this.#grid(blocks)} ${this.#betweenLayers(blocks, cell)}</div>
      ${blocks.notice ? html`<p class="notice">Photographs: ${blocks.notice}.</p>` : nothing}`;
  }
}

define('chalk-building-blocks', ChalkBuildingBlocks);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-building-blocks': ChalkBuildingBlocks;
  }
}
