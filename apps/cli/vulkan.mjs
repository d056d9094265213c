/**
 * Where Dawn (the `webgpu` package) finds Vulkan on Linux. A GPU with its driver wins; without one, the SwiftShader that every
 * Chromium brings along serves. Plain JavaScript: the launcher needs it before anything can be compiled, and the dynamic loader
 * reads LD_LIBRARY_PATH only when a process starts.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/**
 * A path of the operating system. `CHALKGRAD_SYSTEM_ROOT` puts another folder in the place of `/`: how the tests hide what this machine
 * has installed.
 * @param {string} path
 * @param {NodeJS.ProcessEnv} env
 */
export function systemPath(path, env = process.env) {
  return env.CHALKGRAD_SYSTEM_ROOT ? join(env.CHALKGRAD_SYSTEM_ROOT, path) : path;
}

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
const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

const CHROMIUM_FOLDERS = [
  '/usr/lib/chromium',
  '/usr/lib64/chromium',
  '/usr/lib/chromium-browser',
  '/usr/lib64/chromium-browser',
  '/snap/chromium/current/usr/lib/chromium-browser',
  '/opt/google/chrome',
  '/opt/google/chrome-unstable',
  '/opt/microsoft/msedge',
  '/opt/brave.com/brave',
];

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What a link leads to: an executable that is named by one has its libraries elsewhere. */
function real(path) {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Folders of Chromium builds, which hold a Vulkan loader and SwiftShader beside the executable. */
function chromiumFolders(env) {
  const named = [env.CHROME_PATH, env.PUPPETEER_EXECUTABLE_PATH]
    .filter(Boolean)
    .flatMap((path) => [dirname(path), dirname(real(path))]);
  const caches = [
    env.PUPPETEER_CACHE_DIR ?? join(homedir(), '.cache/puppeteer'),
    env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), '.cache/ms-playwright'),
  ];
  const cached = caches.flatMap((cache) => [
    ...list(join(cache, 'chrome')).map((version) => join(cache, 'chrome', version, 'chrome-linux64')),
    ...list(cache).flatMap((name) => [join(cache, name, 'chrome-linux'), join(cache, name, 'chrome-linux64')]),
  ]);
  return [...named, ...CHROMIUM_FOLDERS.map((folder) => systemPath(folder, env)), ...cached];
}

/** Whether the machine has a GPU. On Linux, whether the kernel shows one: Mesa installs its driver files without any too. */
export function hasGpu() {
  if (process.platform !== 'linux') return true;
  return list('/dev/dri').some((name) => name.startsWith('renderD')) || existsSync('/dev/nvidiactl') || existsSync('/dev/dxg');
}

/** Whether a Vulkan driver of a GPU is installed. */
function gpuDriver(env) {
  const folders = [...DRIVER_FOLDERS.map((folder) => systemPath(folder, env)), join(homedir(), '.local/share/vulkan/icd.d')];
  return folders.flatMap(list).some((name) => name.endsWith('.json') && !/lvp|lavapipe|swiftshader/i.test(name));
}

/**
 * Variables to set for a process that uses WebGPU in Node; empty where nothing has to change.
 * What the user has set stays as it is.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Record<string, string>}
 */
export function vulkanEnvironment(env = process.env) {
  if (process.platform !== 'linux' || env.VK_ICD_FILENAMES || env.VK_DRIVER_FILES) return {};
  const systemLoader = LIBRARY_FOLDERS.some((folder) => existsSync(join(systemPath(folder, env), LOADER)));
  const gpu = hasGpu() && gpuDriver(env);
  if (gpu && systemLoader) return {};
  const folder = chromiumFolders(env).find((name) => existsSync(join(name, LOADER)) && existsSync(join(name, SOFTWARE_DRIVER)));
  if (!folder) return {};
  const paths = (env.LD_LIBRARY_PATH ?? '').split(delimiter).filter((path) => path !== '' && path !== folder);
  const loader = { LD_LIBRARY_PATH: [...paths, folder].join(delimiter) };
  return gpu ? loader : { ...loader, VK_ICD_FILENAMES: join(folder, SOFTWARE_DRIVER) };
}

/**
 * What to do where WebGPU will not be found in Node: neither a GPU with its driver nor a Chromium that brings a software adapter.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} undefined where there is something to find
 */
export function missingWebGpu(env = process.env) {
  if (process.platform !== 'linux' || env.VK_ICD_FILENAMES || env.VK_DRIVER_FILES) return undefined;
  if ((hasGpu() && gpuDriver(env)) || Object.keys(vulkanEnvironment(env)).length > 0) return undefined;
  return (
    'WebGPU in Node needs a GPU with its Vulkan driver, or the software adapter of a Chromium; neither was found. Install Chromium\n' +
    '(Debian: `apt-get install chromium`; elsewhere: `npx puppeteer browsers install chrome`), or set CHROME_PATH to one that is there.'
  );
}
