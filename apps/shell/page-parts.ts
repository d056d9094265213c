/** What a lab has on its own page and nowhere else: it is no part of the module for other pages. */
import './card-section.ts';
import './first-steps.ts';
import './kept-runs.ts';
import './notebook.ts';
