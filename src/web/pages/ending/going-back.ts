import { followResult } from '../../client/follow.ts';
import type { SignInState } from '../../client/sign-in-state.ts';

/** How long the page says what happened before it goes on. */
const READ_MS = 3000;

/** Goes to the page that sends a confirmed sign-in's answer by form, where that is how it goes. */
export function sendForm({ notice, status }: SignInState): void {
  const result = notice && notice.status === status ? notice.result : undefined;
  if (status !== 'confirmed' || !result || 'code' in result || 'error' in result) return;
  location.replace(result.redirect_to);
}

/**
 * Takes the user back to a client whose sign-in was denied, cancelled or has expired, so that the client hears of it; a
 * new code, asked for in time, keeps them here.
 *
 * @param note says so meanwhile.
 * @returns what to tell every state to.
 */
export function goingBack(note: HTMLElement | null): (state: SignInState) => void {
  let timer: number | undefined;
  return ({ notice, status }) => {
    const result = notice && notice.status === status ? notice.result : undefined;
    const back = result && 'error' in result && result.redirect_to ? result : undefined;
    if (note) note.hidden = !back;
    if (!back) {
      window.clearTimeout(timer);
      timer = undefined;
    } else if (timer === undefined) {
      timer = window.setTimeout(() => followResult(back, undefined), READ_MS);
    }
  };
}
