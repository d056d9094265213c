/** Heat maps over the neurons of a layer instead of pixels: what the MODE paper describes (Ma et al. 2018; LABS §4.3, reconstructed). */
import { ShapeError } from '../../errors.ts';

export interface FeatureRows {
  readonly count: number;
  /** Neurons m. */
  readonly length: number;
  /** Activations a(x), [count, m]. */
  readonly values: ArrayLike<number>;
}

/**
 * H_l = mean of a(x) ⊙ W_:l over samples with label l: how much each neuron adds to the score of its label.
 * @param weights W of the output layer behind the neurons, [m, classes]
 * @param of HCI_l is of the samples that are predicted l (default), HWI_l of those that are predicted otherwise
 * @returns one row a label; null for a label without such a sample
 */
export function featureHeatMaps(
  features: FeatureRows,
  weights: ArrayLike<number>,
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
  of: 'correct' | 'falseNegative' = 'correct',
): (Float64Array<ArrayBuffer> | null)[] {
  const { count, length, values } = features;
  if (weights.length !== length * classes || values.length !== count * length) {
    throw new ShapeError(
      'featureHeatMaps',
      [[values.length], [weights.length]],
      `features must be [${count}, ${length}], weights [${length}, ${classes}]`,
    );
  }
  const sums = Array.from({ length: classes }, () => new Float64Array(length));
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < count; i++) {
    const label = labels[i] as number;
    if ((predictions[i] === label) !== (of === 'correct')) continue;
    counts[label] = (counts[label] as number) + 1;
    const row = sums[label] as Float64Array;
    for (let j = 0; j < length; j++) {
      row[j] = (row[j] as number) + (values[i * length + j] as number) * (weights[j * classes + label] as number);
    }
  }
  return sums.map((row, label) => (counts[label] === 0 ? null : row.map((sum) => sum / (counts[label] as number))));
}

/** DH_l = H_l − mean of H_k over the other labels that have one: what is special to label l. Null where H_l is. */
export function featureDifference(
  maps: readonly (Float64Array<ArrayBuffer> | null)[],
  label: number,
): Float64Array<ArrayBuffer> | null {
  const own = maps[label];
  if (!own) return null;
  const others = maps.filter((map, k): map is Float64Array<ArrayBuffer> => k !== label && map !== null);
  return own.map(
    (value, j) =>
      value - (others.length === 0 ? 0 : others.reduce((total, map) => total + (map[j] as number), 0) / others.length),
  );
}

/** ⟨a(x), DH_l⟩ of each sample: high where it shows what label l is known by. */
export function featureScores({ count, length, values }: FeatureRows, difference: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < length; j++) sum += (values[i * length + j] as number) * (difference[j] as number);
    return sum;
  });
}
