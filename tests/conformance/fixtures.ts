/**
 * Replays reference cases made with PyTorch (fixtures.json and fixtures.safetensors) on a device. Pure: it takes bytes and runs in
 * Node and in a page alike. The format is described in the fixtures' own README.
 */
import type { RecordingDevice } from '../../engine/device/recording-device.ts';
import { DataFormatError } from '../../engine/errors.ts';
import { readSafetensors } from '../../engine/io/safetensors.ts';
import { getDevice, setDevice } from '../../engine/tensor.ts';
import { type FixtureCase, replayAttribution, replayMethod, replayOp, replayTrain } from './fixture-cases.ts';
import type { Files } from './fixture-files.ts';

export interface FixtureFiles {
  /** fixtures.json. */
  readonly json: string;
  /** fixtures.safetensors. */
  readonly tensors: Uint8Array;
}

export interface FixtureFailure {
  readonly name: string;
  readonly kind: string;
  readonly message: string;
}

export interface FixtureResults {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly FixtureFailure[];
}

function parse(json: string): readonly FixtureCase[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new DataFormatError('fixtures.json', 0, 'JSON', { cause: error });
  }
  const cases = (parsed as { cases?: unknown } | null)?.cases;
  if (!Array.isArray(cases)) throw new DataFormatError('fixtures.json', 0, "a list 'cases'");
  return cases as FixtureCase[];
}

function replay(files: Files, test: FixtureCase): Promise<void> {
  switch (test.kind) {
    case 'op':
      return replayOp(files, test);
    case 'train':
      return replayTrain(files, test);
    case 'attribution':
      return replayAttribution(files, test);
    case 'method':
      return replayMethod(files, test);
    default:
      throw new Error(`there is no kind of case '${(test as { kind: string }).kind}'`);
  }
}

/**
 * Replays every case.
 * @param onCase called after each one, for progress
 * @throws DataFormatError when the files are not of the format; a case that fails is counted, not thrown
 */
export async function runFixtures(
  files: FixtureFiles,
  device: RecordingDevice,
  onCase?: (name: string, done: number, total: number) => void,
): Promise<FixtureResults> {
  const cases = parse(files.json);
  const { tensors } = readSafetensors(files.tensors, 'fixtures.safetensors');
  const failures: FixtureFailure[] = [];
  let before: ReturnType<typeof getDevice> | undefined;
  try {
    before = getDevice();
  } catch {
    before = undefined;
  }
  setDevice(device);
  try {
    for (const [index, test] of cases.entries()) {
      try {
        await replay({ device, tensors }, test);
      } catch (error) {
        failures.push({ name: test.name, kind: test.kind, message: error instanceof Error ? error.message : String(error) });
      }
      onCase?.(test.name, index + 1, cases.length);
    }
  } finally {
    setDevice(before);
  }
  return { passed: cases.length - failures.length, failed: failures.length, failures };
}
