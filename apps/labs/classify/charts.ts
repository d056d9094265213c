/** The curves of the run in progress with those of earlier runs laid over them. */
import type { ChartSeries, Marker, ReferenceLine } from '../../components/chart/types.ts';
import type { RunStore } from '../../runtime/store.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import type { Classification } from './experiment.ts';
import { gradientsOf, type KeptRuns, seriesOfRun } from './kept-runs.ts';
import type { Config } from './networks.ts';

const looks = {
  training: { color: 'model', label: 'training' },
  validation: { color: 'data', label: 'validation', smooth: false, width: 2.5 },
} as const;

/** Loss or accuracy over the steps. */
export function runSeries(store: RunStore<Classification>, runs: KeptRuns, chart: 'loss' | 'accuracy'): ChartSeries[] {
  const over = runs.shown.flatMap((run): ChartSeries[] => {
    const curve = seriesOfRun(run.store, chart, 'validation');
    if (!curve) return [];
    return [{ id: run.id, label: `${run.label}, validation`, ...curve, color: run.color, dash: [6, 3], smooth: false }];
  });
  return [...seriesOf(store, chart, looks), ...over];
}

/** Norm of the gradient by layer, from the input to the output. */
export function depthSeries(store: RunStore<Classification>, runs: KeptRuns): ChartSeries[] {
  const now = gradientsOf(store);
  const curve = (norms: ArrayLike<number>) => ({ x: Array.from(norms, (_, i) => i + 1), y: norms });
  const over = runs.shown.flatMap((run): ChartSeries[] => {
    const gradients = gradientsOf(run.store);
    return gradients ? [{ id: run.id, label: run.label, ...curve(gradients.norms), color: run.color, dash: [6, 3] }] : [];
  });
  return now ? [{ id: 'now', label: 'this run', ...curve(now.norms), color: 'model', width: 2.5 }, ...over] : over;
}

/** Gradient norms over the steps, of at most six layers spread over the depth; numbered as in the chart by layer. */
export function timeSeries(store: RunStore<Classification>): ChartSeries[] {
  const all = store.series('gradients');
  const most = 6;
  const chosen = all.filter(
    (_, i) => all.length <= most || Math.floor((i * most) / all.length) !== Math.floor(((i - 1) * most) / all.length),
  );
  return chosen.map((one) => ({ id: one.name, label: `layer ${all.indexOf(one) + 1}`, x: one.x, y: one.y }));
}

/** Lowest loss that a softmax before the cross-entropy allows: the network is sure and right, and p_y = 1 meets C − 1 zeros. */
export const doubleSoftmaxFloor = (classes: number): number => Math.log(1 + (classes - 1) / Math.E);

export function lossLines({ softmaxFirst }: Config, classes: number): ReferenceLine[] {
  const guess: ReferenceLine = { y: Math.log(classes), label: `ln ${classes}: guessing`, color: 'ink-soft' };
  const floor = doubleSoftmaxFloor(classes);
  return softmaxFirst ? [guess, { y: floor, label: `floor ${floor.toFixed(3)}`, color: 'error' }] : [guess];
}

/** Where the validation loss was lowest, once it has risen again. */
export function bestMarker(store: RunStore<Classification>): Marker[] {
  const curve = seriesOfRun(store, 'loss', 'validation');
  if (!curve || curve.y.length < 4) return [];
  const best = curve.y.indexOf(Math.min(...curve.y));
  if (best >= curve.y.length - 2) return [];
  return [{ x: curve.x[best] as number, y: curve.y[best] as number, label: `best at step ${curve.x[best]}`, color: 'data' }];
}
