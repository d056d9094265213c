/** Runs of this visit, kept on the page so that their curves can be laid over those of the run in progress. */
import type { Run, Setting } from '../../components/runs-table/runs.ts';
import type { RunStore } from '../../runtime/store.ts';
import type { Classification } from './experiment.ts';
import type { Config } from './networks.ts';
import type { EvaluationReport, GradientReport } from './report.ts';

export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface KeptRun {
  readonly id: string;
  readonly label: string;
  /** Place among the colours of categories; 0 and 1 look like data and model. */
  readonly color: number;
  readonly config: Config;
  readonly store: RunStore<Classification>;
  shown: boolean;
}

/** Colours in turn, without the two that mean data and model. */
const COLORS = [2, 3, 4, 5, 6, 7, 8, 9];
const MOST_RUNS = 12;

export const seriesOfRun = (store: RunStore<Classification>, chart: string, name: string): Curve | undefined =>
  store.charts.get(chart)?.get(name);

/** Settings that tell runs apart, as the table shows them. */
function settings(config: Config): Record<string, Setting> {
  const out: Record<string, Setting> = {};
  for (const [key, value] of Object.entries(config)) {
    out[key] = typeof value === 'object' ? JSON.stringify(value).slice(0, 60) : (value as Setting);
  }
  return out;
}

function metrics(store: RunStore<Classification>): Record<string, number> {
  const last = (chart: string) => seriesOfRun(store, chart, 'validation')?.y.at(-1);
  const { result } = store;
  const found: Record<string, number | undefined> = {
    'validation accuracy': last('accuracy'),
    'validation loss': last('loss'),
    'test accuracy': result?.test.accuracy,
  };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, number] => entry[1] !== undefined));
}

export class KeptRuns {
  readonly kept: KeptRun[] = [];
  #current: { readonly store: RunStore<Classification>; readonly config: Config; readonly number: number } | undefined;

  /** A run began: what ran before is kept where it came as far as an evaluation, and forgotten where it did not. */
  begin(store: RunStore<Classification>, config: Config): void {
    const before = this.#current;
    const ran = before?.store.charts.has('accuracy') === true;
    if (ran) {
      const { store: old, config: used, number } = before;
      const color = COLORS[(number - 1) % COLORS.length] as number;
      // Only numbers are kept: a checkpoint or pictures of every run would fill the memory.
      old.checkpoints.clear();
      this.kept.push({ id: `run-${number}`, label: `run ${number}`, color, config: used, store: old, shown: true });
      if (this.kept.length > MOST_RUNS) this.kept.shift();
    }
    this.#current = { store, config, number: (before?.number ?? 0) + (ran || !before ? 1 : 0) };
  }

  get shown(): readonly KeptRun[] {
    return this.kept.filter(({ shown }) => shown);
  }

  find(id: string): KeptRun | undefined {
    return this.kept.find((run) => run.id === id);
  }

  remove(id: string): void {
    const at = this.kept.findIndex((run) => run.id === id);
    if (at >= 0) this.kept.splice(at, 1);
  }

  /** What the runs table shows: the kept runs and the one in progress. */
  rows(running: boolean): Run[] {
    const row = (id: string, label: string, config: Config, store: RunStore<Classification>): Omit<Run, 'shown' | 'color'> => {
      const [accuracy, loss] = [seriesOfRun(store, 'accuracy', 'validation'), seriesOfRun(store, 'loss', 'validation')];
      return {
        id,
        label,
        config: settings(config),
        metrics: metrics(store),
        curves: {
          ...(accuracy ? { 'validation accuracy': accuracy } : {}),
          ...(loss ? { 'validation loss': loss } : {}),
        },
      };
    };
    const rows: Run[] = this.kept.map((run) => ({
      ...row(run.id, run.label, run.config, run.store),
      shown: run.shown,
      color: run.color,
    }));
    const current = this.#current;
    if (current && this.kept.length > 0) {
      const { number, config, store } = current;
      rows.push({ ...row('now', `run ${number}`, config, store), shown: true, color: 1, running });
    }
    return rows;
  }
}

export const evaluationOf = (store: RunStore<Classification>): EvaluationReport | undefined => store.data.get('evaluation');

export const gradientsOf = (store: RunStore<Classification>): GradientReport | undefined => store.data.get('gradients');
