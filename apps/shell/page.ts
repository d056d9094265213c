/** The part of every page that is the same: the theme switch, and in an iframe the messages about its height. */
import './theme-switch.ts';

if (document.documentElement.hasAttribute('embed')) {
  void import('../embed/frame.ts').then(({ reportHeight }) => reportHeight(document.body));
}
