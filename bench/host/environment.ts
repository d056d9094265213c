/** What the host knows about the machine, and how busy it is. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { repositoryRoot } from '../../apps/cli/root.ts';

export function machine(): { platform: string; processor: string; memoryGiB: number } {
  return {
    platform: `${platform()} ${release()}`,
    processor: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

/** Short commit of the working tree, with `+` where it has changes; empty without git. */
export function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: repositoryRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+' : '');
  } catch {
    return '';
  }
}

/** Share of idle processor time in the next `milliseconds`, from the kernel's counters or Node's. */
export async function idleShare(milliseconds = 200): Promise<number> {
  const before = times();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const after = times();
  const total = after.total - before.total;
  return total > 0 ? (after.idle - before.idle) / total : 1;
}

function times(): { idle: number; total: number } {
  try {
    // Time that the hypervisor gave to others (steal) counts as busy here; Node's own numbers leave it out.
    const fields = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
    return { idle: (fields[3] ?? 0) + (fields[4] ?? 0), total: fields.reduce((sum, value) => sum + value, 0) };
  } catch {
    const all = cpus().map((cpu) => cpu.times);
    const idle = all.reduce((sum, one) => sum + one.idle, 0);
    return { idle, total: all.reduce((sum, one) => sum + one.idle + one.user + one.nice + one.sys + one.irq, 0) };
  }
}
