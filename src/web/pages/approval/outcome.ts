import { parseJson } from '../../client/notice.ts';

/** What became of a sign-in on this page, for who comes back to it. */
export interface Outcome {
  readonly view: 'confirmed' | 'denied';
  readonly account: string;
  readonly client: string;
  readonly reported: boolean;
}

const name = (): string => 'scangate-outcome:' + location.pathname + location.search;

/** Keeps an outcome for this address and tab; `undefined` forgets it. */
export function keepOutcome(outcome: Outcome | undefined): void {
  try {
    if (outcome) sessionStorage.setItem(name(), JSON.stringify(outcome));
    else sessionStorage.removeItem(name());
  } catch {
    // A browser that keeps nothing shows the form again, and the gateway says that all is done.
  }
}

/**
 * The outcome that was kept. An address without a code is that of every code that is typed, so there it counts only for
 * who came back.
 */
export function keptOutcome(hasCode: boolean, cameBack: boolean): Outcome | undefined {
  if (!hasCode && !cameBack) return undefined;
  try {
    return parseJson(sessionStorage.getItem(name()) ?? '') as Outcome | undefined;
  } catch {
    return undefined;
  }
}

/** Whether this page was loaded by the back button or by a reload. */
export function cameBack(): boolean {
  const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return entry?.type === 'back_forward' || entry?.type === 'reload';
}
