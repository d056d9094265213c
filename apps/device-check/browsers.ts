/** What to do where a browser has no WebGPU. */

export interface BrowserHelp {
  readonly id: 'chromium' | 'safari' | 'firefox';
  readonly name: string;
  /** Versions and systems that have it. */
  readonly since: string;
  readonly help: string;
}

export const browsers: readonly BrowserHelp[] = [
  {
    id: 'chromium',
    name: 'Chrome, Edge and their relatives',
    since: 'From 113 on Windows, macOS and ChromeOS, from 121 on Android; on Linux newer versions, for some GPUs.',
    help:
      'Settings, System: switch graphics acceleration on and restart. On Linux, where your GPU is left out: switch on ' +
      'chrome://flags/#enable-unsafe-webgpu and #enable-vulkan. chrome://gpu says what is switched off, and why.',
  },
  {
    id: 'safari',
    name: 'Safari',
    since: 'From 26, on macOS 26, iOS 26 and iPadOS 26.',
    help: 'Update the system. In Safari 18: Settings, Feature Flags (on iOS: Settings, Apps, Safari, Advanced), WebGPU.',
  },
  {
    id: 'firefox',
    name: 'Firefox',
    since: 'From 141 on Windows, from 145 on macOS 26 with Apple silicon.',
    help: 'Elsewhere: Firefox Nightly, or dom.webgpu.enabled in about:config.',
  },
];

/** The browser that sent this `navigator.userAgent`; undefined for others. */
export function browserOf(userAgent: string): BrowserHelp['id'] | undefined {
  if (/Firefox\//.test(userAgent)) return 'firefox';
  // On iOS every browser is Safari inside; elsewhere Chrome calls itself Safari too.
  if (/Chrome\/|Chromium\//.test(userAgent)) return 'chromium';
  return /Safari\//.test(userAgent) ? 'safari' : undefined;
}
