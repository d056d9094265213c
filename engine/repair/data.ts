/** Data made of other data: selections with repetitions, other targets, hidden pixels. All of it happens on the device, batch by batch. */

import type { RecordingDevice } from '../device/recording-device.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { gatherRows } from '../kernels/batch.ts';
import { keep, scope } from '../memory.ts';
import { run } from '../ops/run.ts';
import { emptyTensor, type Shape, sizeOf, type Tensor, tensor } from '../tensor.ts';
import { arrayData, type Batch, type OpenData, type Samples, type TrainingData } from '../train/data.ts';
import { hide, type MaskOptions, type MaskRule, saliencyMask } from './masks.ts';

/** FNV-1a over the texts that describe derived data. */
function hashOf(...parts: readonly (string | number)[]): string {
  let hash = 0x811c9dc5;
  for (const code of parts.join('|')) hash = Math.imul(hash ^ (code.codePointAt(0) as number), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Labels of data, on the host. @throws ConfigError where the targets are no labels */
export function labelsOf(data: TrainingData): ArrayLike<number> {
  if (!data.labels) throw new ConfigError('data', 'its targets must be labels.');
  return data.labels;
}

/**
 * The samples with the given indices, in that order; an index may occur repeatedly, which is how samples are weighted up.
 * @throws ConfigError where there is none, or one is out of range
 */
export function selectData(data: TrainingData, indices: ArrayLike<number>): TrainingData {
  const chosen = Uint32Array.from(indices);
  if (chosen.length === 0) throw new ConfigError('indices', 'there is no sample to select.');
  const wrong = chosen.findIndex((index) => index >= data.count);
  if (wrong >= 0) throw new ConfigError(`indices[${wrong}]`, `is ${indices[wrong]}, but there are ${data.count} samples.`);
  const { labels } = data;
  return {
    count: chosen.length,
    inputShape: data.inputShape,
    ...(data.classes === undefined ? {} : { classes: data.classes }),
    ...(labels ? { labels: Int32Array.from(chosen, (index) => labels[index] as number) } : {}),
    hash: () => hashOf('select', data.hash(), chosen.join()),
    open(device) {
      const inner = data.open(device);
      const map = keep(tensor(chosen, undefined, { dtype: 'u32', device }));
      const start = keep(tensor(new Uint32Array(1), undefined, { dtype: 'u32', device }));
      return {
        batch({ indices: order, cursor, batch }) {
          const mapped = emptyTensor([batch], 'selectData', 'u32', device);
          run(
            gatherRows,
            { rows: map, indices: order, cursor, y: mapped },
            { batch, length: 1, samples: chosen.length, steps: order.size },
          );
          return inner.batch({ indices: mapped, cursor: start, batch });
        },
        dispose() {
          inner.dispose();
          map.dispose();
          start.dispose();
        },
      };
    },
  };
}

/** The same inputs with other targets, for instance weighted one-hot rows. @throws ShapeError unless there is one for each sample */
export function withTargets(data: TrainingData, targets: Samples): TrainingData {
  const rows = rowsOf(data.count, targets);
  const labels = targets.values instanceof Int32Array ? targets.values : undefined;
  return {
    count: data.count,
    inputShape: data.inputShape,
    ...(labels ? { labels, ...(data.classes === undefined ? {} : { classes: data.classes }) } : {}),
    hash: () => hashOf('targets', data.hash(), rows.hash()),
    open(device) {
      const parts = openBoth(data, rows, device);
      return {
        batch: (selection) => ({ inputs: parts[0].batch(selection).inputs, targets: parts[1].batch(selection).targets }),
        dispose: () => disposeBoth(parts),
      };
    },
  };
}

/** Numbers for each sample as the targets of data of their own: integers stay integers there. */
function rowsOf(count: number, samples: Samples): TrainingData {
  if (samples.values.length !== count * sizeOf(samples.shape)) {
    throw new ShapeError(
      'withTargets',
      [[samples.values.length], [count, ...samples.shape]],
      'there must be one row for each sample',
    );
  }
  return arrayData({ values: new Float32Array(count), shape: [] }, samples);
}

const openBoth = (a: TrainingData, b: TrainingData, device: RecordingDevice): [OpenData, OpenData] => [
  a.open(device),
  b.open(device),
];

function disposeBoth(parts: readonly OpenData[]): void {
  for (const part of parts) part.dispose();
}

/** Saliency maps of a whole data set, on the host: small, as they come from a late layer. */
export interface SaliencyMaps {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count, height, width], in [0, 1]. */
  readonly values: Float32Array<ArrayBuffer>;
}

export interface MaskedDataOptions extends Pick<MaskOptions, 'hard'> {
  /** What stands in hidden places, in units of the input. Default 0. */
  readonly fill?: number;
}

/**
 * Images whose salient places are hidden: x̂ = x ⊙ (1 − M), M from each sample's map by a rule (see `saliencyMask`). The masks are made on
 * the device for each batch, so that only the small maps take memory.
 * @throws ShapeError unless the inputs are images with one map each
 */
export function maskedData(
  data: TrainingData,
  maps: SaliencyMaps,
  rule: MaskRule,
  options: MaskedDataOptions = {},
): TrainingData {
  const { inputShape } = data;
  const size = imageSide('maskedData', inputShape);
  const rows = rowsOf(data.count, { values: maps.values, shape: [maps.height, maps.width] });
  const { hard = false, fill = 0 } = options;
  return transformed(
    data,
    rows,
    (batch, map) => ({ ...batch, inputs: hide(batch.inputs, saliencyMask(map, rule, { size, hard }), fill) }),
    hashOf('masked', JSON.stringify(rule), String(hard), fill),
  );
}

/** Height and width of images. @throws ShapeError for other inputs */
export function imageSide(op: string, shape: Shape): readonly [number, number] {
  if (shape.length !== 3) throw new ShapeError(op, [shape], 'the inputs must be images [H, W, C]');
  return [shape[0] as number, shape[1] as number];
}

/** Data whose batches are changed on the device, given a row of numbers for each sample. */
function transformed(
  data: TrainingData,
  rows: TrainingData,
  change: (batch: Batch, rows: Tensor) => Batch,
  description: string,
): TrainingData {
  return {
    ...data,
    hash: () => hashOf(data.hash(), rows.hash(), description),
    open(device) {
      const parts = openBoth(data, rows, device);
      return {
        batch: (selection) => scope(() => change(parts[0].batch(selection), parts[1].batch(selection).targets)),
        dispose: () => disposeBoth(parts),
      };
    },
  };
}
