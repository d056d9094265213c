import { expect } from 'vitest';
import { DataFormatError } from '../../../engine/errors.ts';

/** Runs `read` and returns the DataFormatError that it must raise. */
export async function formatError(read: () => unknown): Promise<DataFormatError> {
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(DataFormatError);
    return error as DataFormatError;
  }
  throw new Error('nothing was raised');
}
