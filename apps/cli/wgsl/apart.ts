/** Runs this command once more in a process of its own: an endless loop on WebGPU cannot be stopped, only left with its process. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../root.ts';
import { vulkanEnvironment } from '../vulkan.mjs';

const PATIENCE = 20_000;
const MARK = 'CHALKGRAD_WGSL_APART';

/** Whether this is that process. */
export const isApart = (): boolean => process.env[MARK] !== undefined;

/** @returns its exit code; undefined where it did not end in time */
export function runApart(args: readonly string[]): Promise<number | undefined> {
  const child = spawn(process.execPath, [join(repositoryRoot, 'apps/cli/run.mjs'), 'wgsl', ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...vulkanEnvironment(), [MARK]: '1' },
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(undefined);
    }, PATIENCE);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code ?? 2);
    });
  });
}

export const PATIENCE_TEXT = `${PATIENCE / 1000} s`;
