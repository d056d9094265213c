/** Version of the engine, as in package.json (a test holds that): written into checkpoints. */
export const VERSION = '0.1.0';
