/** The page's side of use without a network: starts the service worker when nothing else is to do, and says when the site has been renewed. */
import { siteRoot } from '../site-root.ts';
import type { ToWorker } from './service-worker.ts';

/** A browser that is driven by a program is left alone, so that tests meet the files they were given; `?offline=on` asks for it. */
export function wishesOffline(search: string = location.search, automated: boolean = navigator.webdriver): boolean {
  const wish = new URLSearchParams(search).get('offline');
  return wish === 'on' || (wish !== 'off' && !automated);
}

function say(renew: () => void): void {
  if (document.querySelector('.update-notice')) return;
  const notice = document.createElement('div');
  notice.className = 'update-notice';
  notice.setAttribute('role', 'status');
  const words = document.createElement('span');
  words.textContent = 'This site has been renewed. ';
  const button = document.createElement('button');
  button.textContent = 'Reload';
  button.addEventListener('click', renew);
  const later = document.createElement('button');
  later.textContent = 'Later';
  later.addEventListener('click', () => notice.remove());
  notice.append(words, button, later);
  document.body.append(notice);
}

/** Addresses of everything that this page has loaded, or names as needed later: what is under way when the worker takes over never passes it. */
const wanted = (): string[] => [
  ...new Set([
    location.href.replace(/[?#].*$/, ''),
    ...performance.getEntriesByType('resource').map(({ name }) => name),
    ...[...document.querySelectorAll<HTMLLinkElement>('link[rel="prefetch"]')].map(({ href }) => href),
  ]),
];

/** @throws what the browser says where it allows no service worker */
export async function worksOffline(): Promise<void> {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register(new URL('sw.js', siteRoot), { scope: siteRoot.href });
  const watch = (worker: ServiceWorker | null) => {
    if (!worker) return;
    const tell = () => {
      // Without a controller this is the first visit: nothing older is there to be replaced.
      if (worker.state !== 'installed' || !serviceWorker.controller) return;
      say(() => {
        serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
        worker.postMessage({ type: 'renew' } satisfies ToWorker);
      });
    };
    worker.addEventListener('statechange', tell);
    tell();
  };
  watch(registration.waiting);
  registration.addEventListener('updatefound', () => watch(registration.installing));
  const { active } = await serviceWorker.ready;
  active?.postMessage({ type: 'keep', addresses: wanted() } satisfies ToWorker);
  // What comes later passes the worker only where it controls this page already.
  addEventListener('pagehide', () => active?.postMessage({ type: 'keep', addresses: wanted() } satisfies ToWorker));
}
