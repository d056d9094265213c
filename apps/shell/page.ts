/** The part of every page that is the same: the theme switch, use without a network, and in an iframe the messages about its height. */
import './theme-switch.ts';

const whenIdle = (work: () => void): void => {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: 5000 });
  else setTimeout(work, 2000);
};

// What a run will need comes when all is there that the page shows.
addEventListener('load', () =>
  whenIdle(() => {
    for (const ahead of document.querySelectorAll<HTMLTemplateElement>('template.ahead')) ahead.replaceWith(ahead.content);
  }),
);

if (document.documentElement.hasAttribute('embed')) {
  void import('../embed/frame.ts').then(({ reportHeight }) => reportHeight(document.body));
} else if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () =>
    whenIdle(async () => {
      const { wishesOffline, worksOffline } = await import('../offline/register.ts');
      if (!wishesOffline()) return;
      // Private windows and settings may forbid it: then the site needs its network, as any other.
      await worksOffline().catch((error: unknown) => console.info(`no use without a network: ${error}`));
    }),
  );
}
