/** Starts the test files that take longest first, so that no core waits for the last one: on a fresh machine the runner has measured none. */
import { statSync } from 'node:fs';
import type { TestSequencer, TestSpecification } from 'vitest/node';

/** The files that take more than half a minute on two cores, longest first; a file that is missing here is only started later. */
const LONGEST = [
  'browser/classify.test.ts',
  'browser/labs.test.ts',
  'browser/labs-look.test.ts',
  'browser/device-check.test.ts',
  'browser/shell.test.ts',
  'browser/offline.test.ts',
  'unit/wgsl/front/random-programs.test.ts',
  'conformance/cases.test.ts',
  'conformance/kernels/conv2d.test.ts',
  'unit/wgsl/wasm/random-programs.test.ts',
  'unit/labs/exported-scripts.test.ts',
];

/** Below these by size, which says something of how long a file takes. */
const size = ({ moduleId }: TestSpecification): number => statSync(moduleId).size;

export class LongestFirst implements TestSequencer {
  shard(files: TestSpecification[]): TestSpecification[] {
    return files;
  }

  sort(files: TestSpecification[]): TestSpecification[] {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((file) => moduleId.replaceAll('\\', '/').endsWith(`tests/${file}`));
      return at < 0 ? LONGEST.length : at;
    };
    return files.sort((a, b) => rank(a) - rank(b) || size(b) - size(a));
  }
}
