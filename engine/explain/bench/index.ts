/** The bench of explanations. */
export {
  type BenchOptions,
  type BenchProgress,
  type BenchResult,
  type BenchResultRow,
  type CueEffect,
  explanationBench,
} from './bench.ts';
export { type BenchColumn, benchColumns } from './columns.ts';
export { type CueImages, cueImages } from './cue.ts';
export { type BenchRow, benchRows, type RowContext } from './methods.ts';
export { type BenchCell, type Reliability, reliabilityOf } from './reliability.ts';
