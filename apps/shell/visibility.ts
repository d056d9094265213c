/** Whether a reader can see an element: on the screen, in a tab that is in front. */

/**
 * @param changed called with the new answer whenever it changes, and once at the beginning if the answer is no
 * @returns a function that ends the observation
 */
export function watchVisibility(element: Element, changed: (visible: boolean) => void): () => void {
  let onScreen = true;
  let last = true;
  const tell = () => {
    const visible = onScreen && document.visibilityState === 'visible';
    if (visible === last) return;
    last = visible;
    changed(visible);
  };
  const observer = new IntersectionObserver((entries) => {
    onScreen = entries.at(-1)?.isIntersecting ?? true;
    tell();
  });
  observer.observe(element);
  document.addEventListener('visibilitychange', tell);
  tell();
  return () => {
    observer.disconnect();
    document.removeEventListener('visibilitychange', tell);
  };
}
