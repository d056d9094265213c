/** Small tables with a weak true sign and strong false ones. */
import { Generator } from '../../../engine/random.ts';
import { arrayData } from '../../../engine/train/data.ts';

/** Three features: a noisy true one, and two that say the cue clearly. Groups are 2·label + cue. */
export function tabular(count: number, seed: number, agree: number) {
  const rng = new Generator(seed, 'tabular');
  const [noise, draws] = [rng.normal(count * 3), rng.uniform(count)];
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const groups = labels.map((label, i) => 2 * label + ((draws[i] as number) < agree ? label : 1 - label));
  const values = Float32Array.from({ length: count * 3 }, (_, at) => {
    const i = Math.floor(at / 3);
    const sign = at % 3 === 0 ? 2 * (labels[i] as number) - 1 : 2 * ((groups[i] as number) % 2) - 1;
    return sign * (at % 3 === 0 ? 1 : 2) + (noise[at] as number) * (at % 3 === 0 ? 0.8 : 0.2);
  });
  return { data: arrayData({ values, shape: [3] }, { values: labels, shape: [] }, 2), labels, groups };
}
