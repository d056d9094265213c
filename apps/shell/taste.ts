/** The home page's own lab: it is loaded when its place comes near the screen, so that the page itself is there at once. */
import { addMathFont } from '../math/font/load.ts';

// For the equation on the blackboard.
addMathFont();

const place = document.querySelector('chalk-lab-regression');
if (place) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      void import('../labs/regression/element.ts');
    },
    { rootMargin: '300px' },
  );
  observer.observe(place);
}
