import { FencedOff } from './fenced-off.ts';

/**
 * What an error of a call means for the next step:
 *
 * - `unsent`: it was not carried out, and may be soon, here or at another server
 * - `unknown`: the connection was lost under it; it may have been carried out
 * - `moved`: not carried out; another server has the partition now
 * - `library`: not carried out; the functions are gone
 * - `failed`: not carried out, and trying again is of no use
 */
export type Verdict = 'unsent' | 'unknown' | 'moved' | 'library' | 'failed';

const UNSENT =
  /^(READONLY|LOADING|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|UNBLOCKED|Stream isn't writeable)/;
const UNKNOWN =
  /Connection is closed|connection close|retries per request|no majority|Socket timeout|ECONN|EPIPE|ETIMEDOUT|ended|write after/;

export function verdictOf(error: unknown): Verdict {
  if (error instanceof FencedOff) return 'unsent';
  const message = error instanceof Error ? error.message : String(error);
  if (UNSENT.test(message)) return 'unsent';
  if (/^(MOVED|ASK) /.test(message)) return 'moved';
  if (/Function not found/i.test(message)) return 'library';
  if (UNKNOWN.test(message)) return 'unknown';
  return 'failed';
}
