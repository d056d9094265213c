/** A Python with libraries that some tests compare with. None is needed: without it such tests are skipped, and say so. */
import { execFileSync } from 'node:child_process';

/** The Python of the path may be one without the library beside a system's with it. */
const PYTHONS = process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3'];

/** The command of a Python that has all of these modules, or why there is none. */
export function pythonWith(...modules: readonly string[]): { readonly command: string } | { readonly reason: string } {
  for (const command of PYTHONS) {
    try {
      execFileSync(command, ['-c', `import ${modules.join(', ')}`], { stdio: 'pipe' });
      return { command };
    } catch {
      // Another may have them.
    }
  }
  return { reason: `no Python here has ${modules.join(' and ')} (on Debian: python3-${modules.join(', python3-')})` };
}
