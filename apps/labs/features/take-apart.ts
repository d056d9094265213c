/** Takes a photograph apart: its building blocks at once, and their icons step by step in the background. */
import { twoClassColours } from '../../../engine/explain/building-blocks.ts';
import { channelObjective } from '../../../engine/explain/features/objectives.ts';
import type { Context, ExperimentEvent } from '../../runtime/experiment.ts';
import { type Between, BuildingBlocks, type Dictionary, type Effects, type Groups, type Verdict } from './blocks.ts';
import type { Features } from './experiment.ts';
import { ICON_FILE, IconBook, type IconSet, readIcons } from './icon-file.ts';
import { type Icon, iconKey, iconSide, iconSteps, makeIcons, oneChannel } from './icons.ts';
import type { Look } from './inspect.ts';
import { pictureNamed } from './picture.ts';
import { shippedIcons } from './shipped-icons.ts';
import type { Config, LayerInfo, Subject } from './subject.ts';

/** Pictures of directions that belong to one photograph. */
export interface DirectionIcons {
  readonly side: number;
  readonly depth: 1 | 3;
  /** [n, side, side, depth]; what is not made yet is mid grey. */
  readonly pixels: Uint8Array;
  readonly made: number;
}

/** The activation grid: one direction for each cell of a coarser grid. */
export interface Grid extends DirectionIcons {
  readonly rows: number;
  readonly columns: number;
  /** ‖A_ij:‖ relative to the largest. */
  readonly areas: Float32Array;
}

/** Two classes, and the colours that show both maps in one. */
export interface ShownEffects extends Effects {
  /** [height · width · 3] */
  readonly colours: Float32Array;
}

/** What the run tells while it takes a photograph apart. */
export interface TakenApart {
  photograph: { readonly name: string; readonly notice: string };
  layer: LayerInfo;
  verdicts: readonly Verdict[];
  dictionary: Dictionary;
  effects: ShownEffects;
  groups: Groups;
  icons: IconSet;
  'group icons': DirectionIcons;
  grid: Grid;
}

export interface Questions {
  /** Two other classes. */
  effects(of: { readonly first: number; readonly second: number }): ShownEffects;
  /** Another number of groups. */
  groups(of: { readonly rank: number; readonly first: number; readonly second: number }): Groups;
  /** The icons of those groups. */
  groupIcons(of: { readonly rank: number; readonly first: number; readonly second: number }): DirectionIcons;
  /** What each position does for each position of a later layer. */
  between(of: { readonly to: string }): Between;
}

export interface BlocksResult {
  readonly photograph: string;
  readonly layer: string;
  readonly verdicts: readonly Verdict[];
  /** The channel with the most net evidence, for the first of the two classes or for the second. */
  readonly strongest: Effects['channels'][number] | null;
  readonly unexplained: number;
  readonly icons: number;
}

const GREY = 128;

/** Icons of directions, grey until each is made. */
class DirectionBook {
  readonly side: number;
  readonly depth: 1 | 3;
  readonly #pixels: Uint8Array;
  #made = 0;

  constructor(count: number, side: number, depth: 1 | 3) {
    this.side = side;
    this.depth = depth;
    this.#pixels = new Uint8Array(count * side * side * depth).fill(GREY);
  }

  set(at: number, icon: Icon): void {
    this.#pixels.set(icon, at * icon.length);
    this.#made += 1;
  }

  all(): DirectionIcons {
    return { side: this.side, depth: this.depth, pixels: this.#pixels.slice(), made: this.#made };
  }
}

/** Means of A over the cells of a coarser grid of at most `most` rows and columns. */
export function coarse(
  maps: BuildingBlocks['maps'],
  most: number,
): { rows: number; columns: number; directions: Float32Array[] } {
  const { height, width, channels, values } = maps;
  const [rows, columns] = [Math.min(most, height), Math.min(most, width)];
  const directions = Array.from({ length: rows * columns }, () => new Float32Array(channels));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const direction = directions[Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width)] as Float32Array;
      for (let k = 0; k < channels; k++)
        direction[k] = (direction[k] as number) + (values[(y * width + x) * channels + k] as number);
    }
  }
  return { rows, columns, directions };
}

const lengthOf = (direction: Float32Array): number => Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));

export async function* takeApart(
  config: Config,
  subject: Subject,
  context: Context<Config, Features>,
  see: (look: Look) => void,
): AsyncGenerator<ExperimentEvent<TakenApart>, BlocksResult> {
  yield { type: 'phase', name: 'photograph' };
  const [height, width, depth] = subject.inputShape;
  const size = { height, width, channels: depth === 3 ? 3 : 1 } as const;
  const { name, notice, pixels } = await pictureNamed(config.photo, size, context);
  yield { type: 'images', name: 'photograph', shape: [1, height, width, depth], data: pixels };
  yield { type: 'data', name: 'photograph', value: { name, notice } };
  const blocks = await BuildingBlocks.of(subject, pixels, config);
  context.onDispose(() => blocks.dispose());
  const { layer } = blocks;
  see({
    ...{ subject, layer: layer.path, reach: [layer.path], rate: config.rate, step: 0 },
    objective: channelObjective(layer.path, blocks.prominent()[0] ?? 0),
    image: { shape: [1, height, width, depth], data: Float32Array.from(pixels, (value) => value / 255) },
  });
  yield { type: 'data', name: 'layer', value: layer };
  const verdicts = blocks.verdicts();
  yield { type: 'data', name: 'verdicts', value: verdicts };
  yield { type: 'data', name: 'dictionary', value: blocks.dictionary() };

  const shown = async (first: number, second: number): Promise<ShownEffects> => {
    const found = await blocks.effects(first, second);
    return { ...found, colours: twoClassColours(...found.spatial) };
  };
  context.serve('effects', ({ first, second }) => shown(first, second));
  context.serve('groups', ({ rank, first, second }) => blocks.groups(rank, first, second));
  context.serve('between', ({ to }) => blocks.between(to));
  const every = context.device.software ? 1 : 8;
  const side = iconSide(subject);
  const grey = depth === 3 ? 3 : 1;
  context.serve('groupIcons', async ({ rank, first, second }) => {
    const { directions } = await blocks.groups(rank, first, second);
    const book = new DirectionBook(rank, side, grey);
    for await (const _ of makeIcons(subject, layer, directions, { done: 0, total: 0, every: 64 }, (at, icon) =>
      book.set(at, icon),
    ));
    return book.all();
  });

  const [first, second] = [verdicts[0]?.index ?? 0, verdicts[1]?.index ?? 0];
  yield { type: 'phase', name: 'attribution' };
  const effects = await shown(first, second);
  yield { type: 'data', name: 'effects', value: effects };
  yield { type: 'phase', name: 'neuron groups' };
  const groups = await blocks.groups(config.groups, first, second);
  yield { type: 'data', name: 'groups', value: groups };

  const book = new IconBook(iconKey(subject, layer), side, grey);
  book.take(await shippedIcons(book.key));
  for (const [file, bytes] of context.files) {
    if (file.startsWith(ICON_FILE) && !(bytes instanceof Blob)) book.take(readIcons(bytes));
  }
  const evidence = effects.channels.map(({ channel }) => channel);
  const wanted = [...new Set([...blocks.lookedAt(), ...evidence, ...blocks.prominent()])]
    .slice(0, config.icons)
    .filter((channel) => !book.has(channel));
  const channels = layer.shape.at(-1) as number;
  const grid = coarse(blocks.maps, config.grid);
  const lengths = grid.directions.map(lengthOf);
  const longest = Math.max(...lengths, 1e-12);
  const areas = Float32Array.from(lengths, (length) => length / longest);
  const groupBook = new DirectionBook(groups.rank, side, grey);
  const gridBook = new DirectionBook(grid.directions.length, side, grey);
  const counts = [wanted.length, groups.rank, grid.directions.length];
  const progress = { done: 0, total: counts.reduce((sum, count) => sum + iconSteps(count), 0), every };
  if (book.size > 0) yield { type: 'data', name: 'icons', value: book.all() };

  const toldIcons = (): ExperimentEvent<TakenApart> => ({ type: 'data', name: 'icons', value: book.all() });
  const toldGroups = (): ExperimentEvent<TakenApart> => ({ type: 'data', name: 'group icons', value: groupBook.all() });
  const { rows, columns } = grid;
  const toldGrid = (): ExperimentEvent<TakenApart> => ({
    type: 'data',
    name: 'grid',
    value: { ...gridBook.all(), rows, columns, areas },
  });
  const kinds = [
    {
      detail: 'of channels',
      directions: wanted.map((channel) => oneChannel(channels, channel)),
      set: (at: number, icon: Icon) => book.set(wanted[at] as number, icon),
      told: toldIcons,
    },
    {
      detail: 'of groups',
      directions: groups.directions,
      set: (at: number, icon: Icon) => groupBook.set(at, icon),
      told: toldGroups,
    },
    {
      detail: 'of the grid',
      directions: grid.directions.map((direction, at) => direction.map((value) => value / (lengths[at] || 1))),
      set: (at: number, icon: Icon) => gridBook.set(at, icon),
      told: toldGrid,
    },
  ];
  for (const { detail, directions, set, told } of kinds) {
    yield { type: 'phase', name: 'icons', detail };
    let fresh = false;
    const events = makeIcons(subject, layer, directions, progress, (at, icon) => {
      set(at, icon);
      fresh = true;
    });
    for await (const event of events) {
      if (fresh) yield told();
      fresh = false;
      if (event.type === 'step') yield { type: 'metric', chart: 'icons', series: detail, x: event.step, y: -(event.loss ?? 0) };
      yield event;
    }
  }
  return {
    photograph: name,
    layer: layer.path,
    verdicts,
    strongest: effects.channels[0] ?? null,
    unexplained: groups.residual,
    icons: book.size,
  };
}
