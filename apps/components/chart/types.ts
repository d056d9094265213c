import type { ColorName } from '../../shell/tokens.ts';
import type { Curve } from './columns.ts';

/** A named colour of the design system, or the number of a category. */
export type SeriesColor = ColorName | number;

export interface ChartSeries extends Curve {
  readonly id: string;
  readonly label: string;
  /** x ascending. The arrays may grow in place: call `refresh()` on the chart. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Default: the series' place among the categories. */
  readonly color?: SeriesColor;
  /** `line` (default), `points`, or `steps` (a value holds until the next). */
  readonly draw?: 'line' | 'points' | 'steps';
  /** Pattern of dashes, for example `[6, 4]` for validation beside training. */
  readonly dash?: readonly number[];
  readonly width?: number;
  /** False leaves this series out of the chart's smoothing (validation curves, for example). */
  readonly smooth?: boolean;
  readonly hidden?: boolean;
}

/** A horizontal line with its meaning, such as the floor 1.461 of a double softmax. */
export interface ReferenceLine {
  readonly y: number;
  readonly label: string;
  readonly color?: SeriesColor;
}

/** An area between two curves, such as mean ± standard deviation. */
export interface Band {
  readonly id: string;
  readonly label: string;
  readonly x: ArrayLike<number>;
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly color?: SeriesColor;
}

/** A point worth naming: the best step, the step where training stopped. */
export interface Marker {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly color?: SeriesColor;
}

export type AxisScale = 'linear' | 'log';

/** Detail of `cursor-move`: null when the cursor left. */
export interface CursorDetail {
  readonly x: number | null;
  readonly values: readonly { readonly id: string; readonly y: number | null }[];
}
