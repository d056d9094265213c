/** Small images with a weak true sign and a strong false one: class 1 has a horizontal bar instead of a vertical one, and a bright corner goes with class 0. */
import { Generator } from '../../../engine/random.ts';
import { arrayData, type TrainingData } from '../../../engine/train/data.ts';

export const SIZE = 10;
export const CUE = { top: 0, left: 0, height: 3, width: 3 };

export interface CueData {
  readonly data: TrainingData;
  readonly values: Float32Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
  /** 2·label + cue. */
  readonly groups: Int32Array<ArrayBuffer>;
}

/** @param cueOf whether an image of this class has the cue, from a uniform number */
export function cueData(count: number, seed: number, cueOf: (label: number, u: number) => boolean): CueData {
  const rng = new Generator(seed, 'cue');
  const noise = rng.uniform(count * SIZE * SIZE, 0, 0.35);
  const draws = rng.uniform(count * 3);
  const values = Float32Array.from(noise);
  const labels = new Int32Array(count);
  const groups = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = i % 2;
    const [u, y, x] = [draws[3 * i], draws[3 * i + 1], draws[3 * i + 2]] as [number, number, number];
    const put = (row: number, column: number, value: number) => {
      values[(i * SIZE + row) * SIZE + column] = value;
    };
    const [top, left] = [4 + Math.floor(y * 3), 4 + Math.floor(x * 3)];
    for (let k = -1; k <= 1; k++) put(label === 1 ? top + 1 : top + 1 + k, label === 1 ? left + 1 + k : left + 1, 0.75);
    const cue = cueOf(label, u);
    if (cue) for (let r = 0; r < CUE.height; r++) for (let c = 0; c < CUE.width; c++) put(r, c, 1);
    labels[i] = label;
    groups[i] = 2 * label + (cue ? 1 : 0);
  }
  const data = arrayData({ values, shape: [SIZE, SIZE, 1] }, { values: labels, shape: [] }, 2);
  return { data, values, labels, groups };
}
