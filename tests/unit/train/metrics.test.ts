import { describe, expect, test } from 'vitest';
import { ArgumentError } from '../../../engine/errors.ts';
import {
  accuracy,
  argmaxRows,
  confusionMatrix,
  crossEntropyRows,
  macroScores,
  perClassAccuracy,
  perClassPrecision,
  softmaxRows,
} from '../../../engine/train/metrics.ts';

const labels = [0, 0, 1, 1, 1, 2];
const predictions = [0, 1, 1, 1, 0, 1];

describe('metrics', () => {
  test('confusion matrices have true classes in rows', () => {
    const confusion = confusionMatrix(labels, predictions, 4);
    expect([...confusion.counts]).toEqual([1, 1, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect(perClassAccuracy(confusion)).toEqual([0.5, 2 / 3, 0, Number.NaN]);
    expect(perClassPrecision(confusion)).toEqual([0.5, 0.5, Number.NaN, Number.NaN]);
    expect(accuracy(labels, predictions)).toBe(0.5);
  });

  test('what is no class is counted nowhere, but stays a sample', () => {
    const confusion = confusionMatrix([0, 0, 0, 1, 1, 7, -1], [0, 3, -1, 1, 2, 1, 0], 2);
    expect([...confusion.counts]).toEqual([1, 0, 0, 1]);
    expect([...(confusion.outside ?? [])]).toEqual([2, 1]);
    expect(perClassAccuracy(confusion)).toEqual([1 / 3, 1 / 2]);
    expect(perClassPrecision(confusion)).toEqual([1, 1]);
    expect(() => confusionMatrix([0, 1], [0], 2)).toThrow(ArgumentError);
    expect(() => accuracy([0, 1], [0])).toThrow(ArgumentError);
  });

  test('a label that is no class has no loss', () => {
    const rows = [...crossEntropyRows([2, 1, 0, 5, 0, 0, 1, 1, 1], [3, -1, 0.5], 3)];
    expect(rows).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(() => crossEntropyRows([1, 2, 3], [0], 2)).toThrow(ArgumentError);
  });

  test('macro scores are scikit-learn’s', () => {
    const { precision, recall, f1 } = macroScores(confusionMatrix(labels, predictions, 3));
    expect(precision).toBeCloseTo(1 / 3, 12);
    expect(recall).toBeCloseTo((0.5 + 2 / 3) / 3, 12);
    expect(f1).toBeCloseTo((0.5 + 4 / 7) / 3, 12);
  });

  test('rows', () => {
    expect([...argmaxRows([1, 3, 3, -1, -2, -5], 3)]).toEqual([1, 0]);
    expect([...argmaxRows([1, Number.NaN, 3, 4, 2, Number.NaN], 3)]).toEqual([1, 2]);
    const p = softmaxRows([2, 1, 0, 1000, 0, 0], 3);
    expect(p[0]).toBeCloseTo(0.665241, 6);
    expect(p[1]).toBeCloseTo(0.244728, 6);
    expect(p[3]).toBe(1);
    const [first, second] = crossEntropyRows([2, 1, 0, 1000, 0, 0], [0, 1], 3);
    expect(first).toBeCloseTo(-Math.log(0.665241), 5);
    expect(second).toBe(1000);
  });
});
