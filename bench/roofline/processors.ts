/** Cores as the browser or the operating system counts them; Node has `navigator` since version 21 only. */
export async function processors(): Promise<number> {
  if (globalThis.navigator?.hardwareConcurrency) return navigator.hardwareConcurrency;
  const name = 'node:os';
  const { cpus } = (await import(/* @vite-ignore */ name)) as typeof import('node:os');
  return Math.max(1, cpus().length);
}
