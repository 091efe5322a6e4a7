import type { LoggedEvent, SessionCall, Violation } from './history.ts';

/** All that one run left behind of one session. */
export interface SessionHistory {
  readonly session: string;
  readonly calls: readonly SessionCall[];
  readonly log: readonly LoggedEvent[];
  readonly replayWindowMs: number;
}

/**
 * An honest client's refresh is not taken for reuse: one that uses the newest token that it was given, and repeats it
 * in time where it heard nothing. What happens after somebody revoked the session is not looked at.
 */
export function honestRefresh({ session, calls, replayWindowMs }: SessionHistory): readonly Violation[] {
  const invoked = (command: SessionCall['command']): readonly number[] =>
    calls.filter((call) => call.command === command).map(({ invokedAt }) => invokedAt);
  const till = Math.min(...invoked('revoke'), lateUse(calls, replayWindowMs));
  return calls
    .filter(
      ({ command, outcome, returnedAt }) =>
        command !== 'revoke' && outcome.kind === 'refused' && returnedAt < till,
    )
    .map(({ command, token, returnedAt }) => ({
      law: 'honest refresh',
      subject: session,
      seen: `${command} ${token === undefined ? '' : `with the token of ${token} `}was refused at ${returnedAt.toFixed(1)}`,
    }));
}

/** When a token was first used so long after its first use that its client is not honest by the wire's rules. */
function lateUse(calls: readonly SessionCall[], replayWindowMs: number): number {
  const firstUse = new Map<string, number>();
  let late = Infinity;
  for (const { token, invokedAt, returnedAt } of [...calls].sort((a, b) => a.invokedAt - b.invokedAt)) {
    if (token === undefined) continue;
    const first = firstUse.get(token) ?? invokedAt;
    firstUse.set(token, first);
    // The store judges by its own clock, and at some time before the answer.
    if (returnedAt - first >= replayWindowMs) late = Math.min(late, invokedAt);
  }
  return late;
}

/** What was acknowledged of a session is in its log in the end, and once it was revoked nothing goes on. */
export function sessionInTheEnd({ session, calls, log }: SessionHistory): readonly Violation[] {
  const found: Violation[] = [];
  const report = (seen: string): void => void found.push({ law: 'there in the end', subject: session, seen });
  const cursors = new Set(log.map(({ cursor }) => cursor));
  for (const { command, outcome } of calls) {
    if (outcome.kind !== 'done' || outcome.token === undefined) continue;
    if (!cursors.has(outcome.token)) report(`${command} was answered with ${outcome.token}, which is gone`);
  }
  const revoked = calls.filter(({ command, outcome }) => command === 'revoke' && outcome.kind === 'done');
  if (revoked.length === 0) return found;
  if (!log.some(({ type }) => type === 'revoked')) report('it was revoked, and its log does not say so');
  const since = Math.min(...revoked.map(({ returnedAt }) => returnedAt));
  for (const { command, outcome, invokedAt } of calls) {
    if (command !== 'revoke' && outcome.kind === 'done' && invokedAt > since)
      report(`${command} at ${invokedAt.toFixed(1)} went on after it was revoked at ${since.toFixed(1)}`);
  }
  return found;
}
