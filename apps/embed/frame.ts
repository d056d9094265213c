/** Tells the page around an iframe how tall the lab is, in our own words and in those that learning platforms listen to. */

export interface HeightMessage {
  readonly type: 'chalkgrad.height';
  /** CSS pixels. */
  readonly height: number;
}

/** Differences up to this many pixels are rounding, and answering them would let host and page push each other up. */
const tolerance = 1;

/**
 * @param content what is measured: its own height must not follow that of the frame
 * @param post sends a message to the host
 * @returns a function that ends the reports
 */
export function reportHeight(
  content: Element,
  post: (message: unknown) => void = (message) => parent.postMessage(message, '*'),
): () => void {
  let told = Number.NaN;
  const report = () => {
    const height = Math.ceil(content.getBoundingClientRect().height);
    if (Math.abs(height - told) <= tolerance) return;
    told = height;
    post({ type: 'chalkgrad.height', height } satisfies HeightMessage);
    // Canvas, Sakai and others; Moodle's handler wants the same as a JSON text.
    const lti = { subject: 'lti.frameResize', height };
    post(lti);
    post(JSON.stringify(lti));
  };
  const observer = new ResizeObserver(report);
  observer.observe(content);
  report();
  return () => observer.disconnect();
}
