import type { RevocationReport, Revoke } from '../../oauth/revocation/revocation.ts';
import { readSelection } from '../../oauth/revocation/selection.ts';
import type { Selection } from '../../oauth/revocation/selection.ts';
import type { Forgettable, ForgettingOptions, ForgettingReport } from '../../record/keeping/forgetting.ts';
import type { SecurityEvent } from '../../telemetry/security-event.ts';

/** What came of an erasure, so far or at its end. */
export interface ErasureReport {
  readonly ended: RevocationReport;
  readonly forgotten: ForgettingReport;
}

export interface ErasureOptions {
  /** Nothing is ended, and nothing is forgotten. */
  readonly isDryRun: boolean;
  readonly onProgress?: (report: ErasureReport) => void;
  /** Stops it between two steps. */
  readonly signal?: AbortSignal;
}

export interface ErasureParts {
  readonly revoke: Revoke;
  /** Has all in the record that happened before, and forgets. */
  readonly forget: (person: Forgettable, options: ForgettingOptions) => Promise<ForgettingReport>;
  /** Nothing is done where it refuses the first event. */
  readonly report: (event: SecurityEvent) => void | Promise<void>;
}

/** All of one user, by source and subject. */
export type WholeUser = Selection & { readonly user: Forgettable };

/** Reads whom an operator means, `<source>:<subject>`. @throws BadSelection with one line */
export function readWholeUser(user: string, now: number): WholeUser {
  return readSelection({ user }, now) as WholeUser;
}

/**
 * Has a gateway forget a person, for an operator: ends their sessions and sign-ins, so that nothing more comes of them, and then
 * forgets what the record says of them. That it was done is reported before and after, also where it broke off, and says not of whom.
 *
 * @throws what its parts throw: the same again does what is left.
 */
export async function operatorErasure(
  { revoke, forget, report }: ErasureParts,
  selection: WholeUser,
  { isDryRun, onProgress, signal }: ErasureOptions,
): Promise<ErasureReport> {
  let found: ErasureReport = { ended: NOTHING_ENDED, forgotten: { entries: 0, tickets: 0 } };
  const progress = (next: Partial<ErasureReport>): void => {
    found = { ...found, ...next };
    onProgress?.(found);
  };
  const bounds = signal === undefined ? { isDryRun } : { isDryRun, signal };
  if (!isDryRun) await report({ kind: 'forgotten', reason: 'operator_begun' });
  try {
    const ended = await revoke(selection, { ...bounds, onProgress: (some) => progress({ ended: some }) });
    progress({ ended });
    const onForgotten = (forgotten: ForgettingReport): void => progress({ forgotten });
    const forgotten = await forget(selection.user, { ...bounds, onProgress: onForgotten });
    progress({ forgotten });
  } catch (error) {
    await tell(false);
    throw error;
  }
  await tell(found.ended.failed === 0 && found.ended.newer === 0);
  return found;

  async function tell(isWhole: boolean): Promise<void> {
    if (isDryRun) return;
    const { ended, forgotten } = found;
    await report({
      kind: 'forgotten',
      reason: isWhole ? 'operator' : 'operator_incomplete',
      ended: ended.sessions + ended.tickets,
      entries: forgotten.entries,
    });
  }
}

const NOTHING_ENDED: RevocationReport = {
  looked: 0,
  sessions: 0,
  tickets: 0,
  failed: 0,
  newer: 0,
  users: 0,
  untold: 0,
};
