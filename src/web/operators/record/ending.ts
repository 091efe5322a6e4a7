import { whyOf } from './asking.ts';
import { byId, write } from '../element.ts';
import { countText } from '../text.ts';

/** What is to end: what one ticket opened, one session by its `sid`, or all of one user, `<source>:<subject>`. */
export type Whose = { readonly ticket: string } | { readonly session: string } | { readonly user: string };

interface Report {
  readonly sessions: number;
  readonly tickets: number;
  readonly failed: number;
  readonly newer: number;
  readonly users: number;
  readonly untold: number;
}

interface Line {
  readonly report?: Report;
  readonly error?: string;
}

let chosen: Whose | undefined;
let tellEnded: () => void = () => undefined;

/** Hears of it when something was ended. */
export function onEnded(listener: () => void): void {
  tellEnded = listener;
}

/** Lets the buttons of the dialog do what they say. */
export function prepareEnding(): void {
  byId('ending-close').addEventListener('click', () => dialog().close());
  byId('ending-go').addEventListener('click', () => void end());
}

/** Asks first: says what would end, and ends it once that is said yes to. */
export async function offerEnding(whose: Whose): Promise<void> {
  chosen = whose;
  write('ending-title', titleOf(whose));
  write('ending-said', 'Looking what lives …');
  byId('ending-go').hidden = true;
  dialog().showModal();
  const { report, error } = await ask(whose, true);
  if (whose !== chosen) return;
  if (report === undefined) {
    write('ending-said', error ?? NO_ANSWER);
    return;
  }
  const isNothing = report.sessions + report.tickets + report.users === 0;
  const page = 'user' in whose ? ', and they are signed out of the approval page' : '';
  write(
    'ending-said',
    isNothing
      ? 'Nothing of it lives any more.'
      : `This ends ${amountOf(report)}${page}. It cannot be undone.`,
  );
  byId('ending-go').hidden = isNothing;
}

async function end(): Promise<void> {
  if (chosen === undefined) return;
  byId('ending-go').hidden = true;
  write('ending-said', 'Ending …');
  const { report, error } = await ask(chosen, false);
  write(
    'ending-said',
    report === undefined ? (error ?? NO_ANSWER) : `Ended: ${amountOf(report)}.${restOf(report)}`,
  );
  tellEnded();
}

function titleOf(whose: Whose): string {
  if ('user' in whose) return `End all of ${whose.user}`;
  return 'ticket' in whose ? 'End what this ticket opened' : 'End this session';
}

const NO_ANSWER = 'The gateway does not answer.';

function amountOf({ sessions, tickets }: Report): string {
  return `${countText(sessions)} session${plural(sessions)} and ${countText(tickets)} sign-in${plural(tickets)} under way`;
}

function plural(count: number): string {
  return count === 1 ? '' : 's';
}

function restOf({ failed, newer, untold }: Report): string {
  const left = failed + newer === 0 ? '' : ` ${countText(failed + newer)} could not be ended: do it again.`;
  return untold === 0 ? left : `${left} The applications of ${countText(untold)} may not hear of it.`;
}

// A line of JSON for each thing that there is to tell; the last one says what came of it.
async function ask(whose: Whose, isDryRun: boolean): Promise<Line> {
  try {
    const answer = await fetch('/page/revocations', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...whose, dry_run: isDryRun }),
    });
    if (answer.headers.get('content-type')?.startsWith('text/plain') === true)
      return { error: await whyOf(answer) };
    const lines = (await answer.text()).trim().split('\n');
    return JSON.parse(lines[lines.length - 1] ?? '{}') as Line;
  } catch {
    return { error: NO_ANSWER };
  }
}

function dialog(): HTMLDialogElement {
  return byId('ending') as HTMLDialogElement;
}
