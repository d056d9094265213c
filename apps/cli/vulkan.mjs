/**
 * Where Dawn (the `webgpu` package) finds Vulkan on Linux. A GPU with its driver wins; without one, the SwiftShader that every
 * Chromium brings along serves. Plain JavaScript: the launcher needs it before anything can be compiled, and the dynamic loader
 * reads LD_LIBRARY_PATH only when a process starts.
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const LOADER = 'libvulkan.so.1';
const SOFTWARE_DRIVER = 'vk_swiftshader_icd.json';
const LIBRARY_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/lib',
  '/usr/local/lib64',
  '/lib64',
];
const DRIVER_FOLDERS = [
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/etc/vulkan/icd.d',
  join(homedir(), '.local/share/vulkan/icd.d'),
];

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Folders of Chromium builds, which hold a Vulkan loader and SwiftShader beside the executable. */
function chromiumFolders(env) {
  const named = [env.CHROME_PATH, env.PUPPETEER_EXECUTABLE_PATH].filter(Boolean).map((path) => dirname(path));
  const caches = [
    env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache/puppeteer'),
    env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), '.cache/ms-playwright'),
  ];
  const cached = caches.flatMap((cache) => [
    ...list(join(cache, 'chrome')).map((version) => join(cache, 'chrome', version, 'chrome-linux64')),
    ...list(cache).flatMap((name) => [join(cache, name, 'chrome-linux'), join(cache, name, 'chrome-linux64')]),
  ]);
  return [
    ...named,
    '/usr/lib/chromium',
    '/usr/lib64/chromium',
    '/usr/lib/chromium-browser',
    '/usr/lib64/chromium-browser',
    '/snap/chromium/current/usr/lib/chromium-browser',
    '/opt/google/chrome',
    '/opt/google/chrome-unstable',
    '/opt/microsoft/msedge',
    '/opt/brave.com/brave',
    ...cached,
  ];
}

/** Whether the machine has a GPU. On Linux, whether the kernel shows one: Mesa installs its driver files without any too. */
export function hasGpu() {
  if (process.platform !== 'linux') return true;
  return list('/dev/dri').some((name) => name.startsWith('renderD')) || existsSync('/dev/nvidiactl') || existsSync('/dev/dxg');
}

/**
 * Variables to set for a process that uses WebGPU in Node; empty where nothing has to change.
 * What the user has set stays as it is.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, string>}
 */
export function vulkanEnvironment(env = process.env) {
  if (process.platform !== 'linux' || env.VK_ICD_FILENAMES || env.VK_DRIVER_FILES) return {};
  const systemLoader = LIBRARY_FOLDERS.some((folder) => existsSync(join(folder, LOADER)));
  const gpuDriver = DRIVER_FOLDERS.flatMap(list).some(
    (name) => name.endsWith('.json') && !/lvp|lavapipe|swiftshader/i.test(name),
  );
  const gpu = hasGpu() && gpuDriver;
  if (gpu && systemLoader) return {};
  const folder = chromiumFolders(env).find((name) => existsSync(join(name, LOADER)) && existsSync(join(name, SOFTWARE_DRIVER)));
  if (!folder) return {};
  const paths = (env.LD_LIBRARY_PATH ?? '').split(delimiter).filter((path) => path !== '' && path !== folder);
  const loader = { LD_LIBRARY_PATH: [...paths, folder].join(delimiter) };
  return gpu ? loader : { ...loader, VK_ICD_FILENAMES: join(folder, SOFTWARE_DRIVER) };
}
