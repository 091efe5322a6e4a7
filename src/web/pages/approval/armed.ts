/** How long a button rests after it has come into view, so that a tap meant for what was there before does not press it. */
const REST_MS = 750;

/** A button that decides. */
export interface Armed {
  /** Lets it rest: it has just come into view. */
  rest(): void;
  isArmed(): boolean;
}

/** Arms a button some time after it was shown, and again after the page was covered by another window. */
export function armed(button: Element | null): Armed {
  let timer: number | undefined;
  function rest(): void {
    window.clearTimeout(timer);
    button?.setAttribute('aria-disabled', 'true');
    timer = window.setTimeout(() => {
      timer = undefined;
      button?.removeAttribute('aria-disabled');
    }, REST_MS);
  }
  window.addEventListener('focus', rest);
  document.addEventListener('visibilitychange', rest);
  return { rest, isArmed: () => timer === undefined };
}
