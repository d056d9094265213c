/** Heat maps: mean inputs of what a network gets right and wrong for each label (MODE's replication, LABS §4.3 step 4). */

import type { RecordingDevice } from '../../device/recording-device.ts';
import { matmul, reshape } from '../../ops/index.ts';
import { sizeOf, tensor } from '../../tensor.ts';
import { inBatches } from '../../train/batches.ts';
import type { TrainingData } from '../../train/data.ts';
import { labelsOf } from '../data.ts';

/** A mean over samples. */
export interface HeatMap {
  /** Samples it is the mean of. */
  readonly count: number;
  /** As long as an input; null for no samples. */
  readonly values: Float32Array<ArrayBuffer> | null;
}

export interface HeatMaps {
  /** HCI_l: label l, predicted l. */
  readonly correct: readonly HeatMap[];
  /** HMI_l: another label, predicted l (false positives). */
  readonly falsePositive: readonly HeatMap[];
  /** HWI_l: label l, predicted otherwise (false negatives). */
  readonly falseNegative: readonly HeatMap[];
}

/**
 * Means of rows [N, d] over sets of samples that may overlap: one product with a 0/1 matrix for each batch.
 * @param setsOf sets that sample i belongs to
 */
async function setMeans(
  data: TrainingData,
  device: RecordingDevice,
  sets: number,
  setsOf: (i: number) => readonly number[],
): Promise<HeatMap[]> {
  const length = sizeOf(data.inputShape);
  const counts = new Array<number>(sets).fill(0);
  const sums = new Float64Array(sets * length);
  const batches = inBatches(data, device, 512, ({ inputs }, start) => {
    const batch = inputs.shape[0] as number;
    const member = new Float32Array(batch * sets);
    for (let b = 0; b < batch; b++) {
      for (const set of setsOf(start + b)) {
        member[b * sets + set] = 1;
        counts[set] = (counts[set] as number) + 1;
      }
    }
    return [matmul(tensor(member, [batch, sets], { device }), reshape(inputs, [batch, length]), { transposeA: true })];
  });
  for await (const { values } of batches) {
    values[0]?.forEach((value, i) => {
      sums[i] = (sums[i] as number) + value;
    });
  }
  return counts.map((count, set) => ({
    count,
    values: count === 0 ? null : Float32Array.from(sums.subarray(set * length, (set + 1) * length), (sum) => sum / count),
  }));
}

/**
 * All heat maps of an evaluation set.
 * @param predictions one a sample
 */
export async function heatMaps(
  data: TrainingData,
  predictions: ArrayLike<number>,
  classes: number,
  device: RecordingDevice,
): Promise<HeatMaps> {
  const labels = labelsOf(data);
  const maps = await setMeans(data, device, 3 * classes, (i) => {
    const [label, prediction] = [labels[i] as number, predictions[i] as number];
    return label === prediction ? [label] : [classes + prediction, 2 * classes + label];
  });
  const part = (index: number) => maps.slice(index * classes, (index + 1) * classes);
  return { correct: part(0), falsePositive: part(1), falseNegative: part(2) };
}

/** a − b, element by element: DHCI_{l,k} = HCI_l − HCI_k, DHMI_l = HMI_l − HCI_l, DHWI_l = HWI_l − HCI_l. Null where either is empty. */
export function difference(a: HeatMap | undefined, b: HeatMap | undefined): Float32Array<ArrayBuffer> | null {
  if (!a?.values || !b?.values) return null;
  const other = b.values;
  return a.values.map((value, i) => value - (other[i] as number));
}
