/** What the matmul forms and the convolutions share when they plan: splits of long sums, padding to whole vectors, tile counts. */
import resizeShader from '../../shaders/resize-rows.wgsl';
import sumShader from '../../shaders/sum-partials.wgsl';
import { type Epilogue, epilogueOverrides, NO_EPILOGUE } from './epilogue.ts';
import { type AdapterCaps, type Dispatch, dispatch, linearGrid, type Plan } from './kernel.ts';

/** Float32. */
const BYTES = 4;

export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

export interface Split {
  readonly splits: number;
  /** Length of each split (the last may be shorter), a multiple of `multiple`. */
  readonly perSplit: number;
}

/** A sum that is not split. */
export const whole = (length: number, multiple = 4): Split => ({ splits: 1, perSplit: roundUp(length, multiple) });

/**
 * Splits a sum of `length` terms so that a small output still keeps the adapter busy.
 * @param tiles work items without splitting
 * @param enough work items that keep the adapter busy
 * @param shortest least number of terms per split: below, the second pass costs more than it gains
 */
export function splitSum(length: number, tiles: number, enough: number, shortest: number, multiple = 4): Split {
  const wanted = Math.min(Math.ceil(enough / tiles), Math.floor(length / shortest));
  if (wanted <= 1) return whole(length, multiple);
  const perSplit = roundUp(Math.ceil(length / wanted), multiple);
  const splits = Math.ceil(length / perSplit);
  return { splits, perSplit };
}

/** The dispatch that adds `splits` partial results of `stride` elements each, in order, into `count` elements of `y`. */
export function sumPartials(
  caps: AdapterCaps,
  sum: { count: number; splits: number; stride: number; offset: number; N: number },
  y: string,
  epilogue: Epilogue = NO_EPILOGUE,
): Dispatch {
  const plain = epilogue.hasBias === 0 && epilogue.activation === 0;
  return dispatch(
    sumShader,
    plain ? 'sum' : 'sumBiasActivate',
    { ...sum, slope: epilogue.slope },
    linearGrid(sum.count, 64, caps.maxWorkgroupsPerDimension),
    { buffers: { y }, overrides: plain ? {} : epilogueOverrides(epilogue) },
  );
}

/**
 * The split of a matrix product's sums. Batches are never split: they bring enough work.
 * @param tilesPerGroup tiles that one workgroup computes
 */
export function splitProduct(
  { batch, K }: { batch: number; K: number },
  tiles: number,
  tilesPerGroup: number,
  caps: AdapterCaps,
): Split {
  if (batch > 1) return whole(K);
  // A software adapter hands out work in 16 portions; a large GPU wants two workgroups for each of its 130 processors.
  return caps.software ? splitSum(K, tiles, 16 * tilesPerGroup, 64) : splitSum(K, tiles, 264 * Math.min(tilesPerGroup, 32), 64);
}

export interface Rows {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
}

/** The dispatch that copies matrices into larger ones (the rest is zero) or smaller ones (the rest is dropped). */
export function resizeRows(caps: AdapterCaps, x: string, from: Rows, y: string, to: Rows): Dispatch {
  const count = to.matrices * to.rows * to.columns;
  return dispatch(
    resizeShader,
    'resize',
    { count, rowsX: from.rows, columnsX: from.columns, rows: to.rows, columns: to.columns },
    linearGrid(count, 64, caps.maxWorkgroupsPerDimension),
    { buffers: { x, y } },
  );
}

/** Collects the dispatches of a plan that pads some of its buffers to whole vectors first. */
export class PaddedPlan {
  readonly #caps: AdapterCaps;
  readonly #before: Dispatch[] = [];
  readonly #after: Dispatch[] = [];
  readonly #temporaries: Record<string, number> = {};
  readonly #names: Record<string, string> = {};

  constructor(caps: AdapterCaps) {
    this.#caps = caps;
  }

  /** The kernel is to read `name` with `to` rows and columns. */
  input(name: string, from: Rows, to: Rows): void {
    if (from.rows === to.rows && from.columns === to.columns) return;
    const padded = this.#temporary(name, to);
    this.#before.push(resizeRows(this.#caps, name, from, padded, to));
  }

  /** The kernel is to write `name` with `from` rows and columns, of which `to` are wanted. */
  output(name: string, from: Rows, to: Rows): void {
    if (from.rows === to.rows && from.columns === to.columns) return;
    const padded = this.#temporary(name, from);
    this.#after.push(resizeRows(this.#caps, padded, from, name, to));
  }

  /** Puts the padding around a plan whose dispatches name the kernel's buffers. */
  around(plan: Plan): Plan {
    const dispatches = plan.dispatches.map((step) => ({ ...step, buffers: this.#redirect(step) }));
    return {
      dispatches: [...this.#before, ...dispatches, ...this.#after],
      temporaries: { ...plan.temporaries, ...this.#temporaries },
    };
  }

  #temporary(name: string, { matrices, rows, columns }: Rows): string {
    const padded = `${name}Padded`;
    this.#temporaries[padded] = matrices * rows * columns * BYTES;
    this.#names[name] = padded;
    return padded;
  }

  #redirect(step: Dispatch): Record<string, string> {
    const names: Record<string, string> = {};
    for (const { name, type } of step.shader.entryPoints[step.entryPoint]?.bindings ?? []) {
      const buffer = step.buffers[name] ?? name;
      if (type !== 'uniform') names[name] = this.#names[buffer] ?? buffer;
    }
    return names;
  }
}

/**
 * One dispatch; or, where the sums are split, one for the partial sums and one that adds them and applies the epilogue.
 * @param tile the kernel's dispatch for a split, an epilogue and a name for its output
 * @param count elements of `y`, in rows of `N`
 */
export function splitPlan(
  caps: AdapterCaps,
  { splits, perSplit }: Split,
  { count, N, epilogue = NO_EPILOGUE }: { count: number; N: number; epilogue?: Epilogue },
  tile: (split: { splits: number; KPerSplit: number }, epilogue: Epilogue, y: string) => Dispatch,
): Plan {
  const split = { splits, KPerSplit: perSplit };
  if (splits === 1) return { dispatches: [tile(split, epilogue, 'y')] };
  return {
    dispatches: [
      tile(split, NO_EPILOGUE, 'partials'),
      sumPartials(caps, { count, splits, stride: count, offset: 0, N }, 'y', epilogue),
    ],
    temporaries: { partials: splits * count * BYTES },
  };
}
