/** What a page knows of a run: the events folded into their latest state. Plain data; elements render from it. */
import { type AnyContract, type Contract, type DataOf, NamedValues, type ResultOf, trusted } from './contract.ts';
import type { Cell, CheckpointEvent, CurveEvent, ImagesEvent, LabEvent, PhaseEvent, StepEvent, TensorEvent } from './events.ts';

export interface Series {
  readonly name: string;
  readonly x: number[];
  readonly y: number[];
  band?: number[];
}

export type Row = Readonly<Record<string, Cell>>;

/** @typeParam C the lab's contract: types of `data` and `result` */
export class RunStore<C extends Contract = AnyContract> {
  /** Chart name to its series, in order of appearance. */
  readonly charts = new Map<string, Map<string, Series>>();
  readonly tensors = new Map<string, TensorEvent>();
  readonly images = new Map<string, ImagesEvent>();
  readonly tables = new Map<string, readonly Row[]>();
  readonly data = new NamedValues<DataOf<C>>();
  readonly checkpoints = new Map<string, CheckpointEvent>();
  /** Notes and warnings, oldest first. */
  readonly notes: { readonly level: 'note' | 'warning'; readonly message: string }[] = [];
  phase: PhaseEvent | undefined;
  step: StepEvent | undefined;
  status = '';
  result: ResultOf<C> | undefined;
  readonly #rowIds = new Map<string, number>();
  /** Points of each series when the last checkpoint came. */
  #mark = new Map<Series, number>();

  /** The series of a chart as an array; empty where nothing has come yet. */
  series(chart = 'loss'): readonly Series[] {
    return [...(this.charts.get(chart)?.values() ?? [])];
  }

  apply(events: readonly LabEvent[]): void {
    for (const event of events) this.#apply(event);
  }

  /** Forgets the points of curves that came after the last checkpoint: a run that resumes there will bring them again. */
  rollBack(): void {
    for (const chart of this.charts.values()) {
      for (const series of chart.values()) {
        const length = this.#mark.get(series) ?? 0;
        series.x.length = Math.min(series.x.length, length);
        series.y.length = series.x.length;
      }
    }
  }

  #series(chart: string, name: string): Series {
    let chartMap = this.charts.get(chart);
    if (!chartMap) {
      chartMap = new Map();
      this.charts.set(chart, chartMap);
    }
    let series = chartMap.get(name);
    if (!series) {
      series = { name, x: [], y: [] };
      chartMap.set(name, series);
    }
    return series;
  }

  #curve(event: CurveEvent): void {
    const series = this.#series(event.chart ?? 'loss', event.series);
    series.x.length = 0;
    series.y.length = 0;
    for (const x of event.x) series.x.push(x);
    for (const y of event.y) series.y.push(y);
    if (event.band) series.band = Array.from(event.band);
  }

  #row(table: string, id: string | undefined, row: Row): void {
    // A new list at every change: who shows it sees that it changed.
    const rows = [...(this.tables.get(table) ?? [])];
    this.tables.set(table, rows);
    const key = `${table} ${id}`;
    const at = id === undefined ? undefined : this.#rowIds.get(key);
    if (at !== undefined) rows[at] = row;
    else {
      if (id !== undefined) this.#rowIds.set(key, rows.length);
      rows.push(row);
    }
  }

  #apply(event: LabEvent): void {
    switch (event.type) {
      case 'phase':
        this.phase = event;
        break;
      case 'step':
        this.step = event;
        // From here on the steps say how far the phase is.
        if (this.phase?.progress !== undefined && event.total) this.phase = { type: 'phase', name: this.phase.name };
        break;
      case 'metric': {
        const series = this.#series(event.chart ?? 'loss', event.series);
        series.x.push(event.x);
        series.y.push(event.y);
        break;
      }
      case 'curve':
        this.#curve(event);
        break;
      case 'tensor':
        this.tensors.set(event.name, event);
        break;
      case 'images':
        this.images.set(event.name, event);
        break;
      case 'row':
        this.#row(event.table, event.id, event.row);
        break;
      case 'data':
        this.data.set(event.name, event.value);
        break;
      case 'status':
        if (event.level === 'note' || event.level === 'warning') this.notes.push({ level: event.level, message: event.message });
        else this.status = event.message;
        break;
      case 'checkpoint':
        this.checkpoints.set(event.name, event);
        this.#mark = new Map([...this.charts.values()].flatMap((chart) => [...chart.values()]).map((s) => [s, s.x.length]));
        break;
      case 'result':
        this.result = trusted<ResultOf<C>>(event.value);
        break;
    }
  }
}
