declare module 'virtual:lab-facts' {
  /** By lab id. */
  export const facts: Readonly<Record<string, import('./build/lab-facts.ts').LabFacts | undefined>>;
}

/** Made by the build from a lab's own files. */
declare module '*/labs/regression/element.ts';
