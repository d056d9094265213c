/** The front end against Dawn: what is valid, and where what is not is refused. */
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../apps/cli/root.ts';
import { openAdapter } from '../../../../engine/device/webgpu/adapter.ts';
import { WgslError, WgslSubsetError } from '../../../../engine/wgsl/errors.ts';
import { parseModule } from '../../../../engine/wgsl/front/index.ts';
import { readIncluded } from '../../../../shaders/build/read.ts';
import { shaderFiles } from '../../../../shaders/build/types.ts';
import { type Program, programsOf } from './programs.ts';

const refused = programsOf('refused.txt');
const accepted = programsOf('accepted.txt');
const shaders = shaderFiles(repositoryRoot);
const textOf = (file: string) => readIncluded(repositoryRoot, file).text;

/** The line at which the front end refuses a source; undefined where it takes it. */
function lineOf(source: string): number | undefined {
  try {
    parseModule(source, 'program.wgsl');
    return undefined;
  } catch (error) {
    if (!(error instanceof WgslError) || error instanceof WgslSubsetError) throw error;
    return error.line;
  }
}

/** Those that end otherwise than they should, with where they ended. */
function unlike(programs: readonly Program[]): unknown[] {
  return programs.flatMap(({ source, line }) => {
    const got = lineOf(source);
    return got === line ? [] : [{ source, line, got }];
  });
}

describe('the front end', () => {
  it('refuses invalid programs at the line at which Dawn does', () => {
    expect(refused.length).toBeGreaterThan(800);
    expect(unlike(refused)).toEqual([]);
  });

  it('takes valid programs', () => {
    expect(accepted.length).toBeGreaterThan(290);
    expect(unlike(accepted)).toEqual([]);
  });

  it('takes every shader of the repository', () => {
    expect(shaders.length).toBeGreaterThan(60);
    for (const file of shaders) expect(parseModule(textOf(file), file).entries.length).toBeGreaterThan(0);
  });

  it('gives every expression a position within the source', () => {
    for (const file of shaders) {
      const source = textOf(file);
      const positions: number[] = [];
      JSON.stringify(parseModule(source, file), (key, value) => {
        if (key === 'at') positions.push(value);
        return value;
      });
      expect(positions.length).toBeGreaterThan(20);
      expect(positions.every((at) => at >= 0 && at < source.length && /\S/.test(source[at] ?? ''))).toBe(true);
    }
  });
});

const gpu = await openAdapter().catch(() => undefined);

describe.skipIf(!gpu)('Dawn', () => {
  it('refuses the same programs at the same lines', async () => {
    const device = gpu?.device as GPUDevice;
    const differing: unknown[] = [];
    for (const { source, line } of [...refused, ...accepted]) {
      device.pushErrorScope('validation');
      const { messages } = await device.createShaderModule({ code: source }).getCompilationInfo();
      await device.popErrorScope();
      const got = messages.find(({ type }) => type === 'error')?.lineNum;
      if (got !== line) differing.push({ source, line, got });
    }
    expect(differing).toEqual([]);
  });
});
