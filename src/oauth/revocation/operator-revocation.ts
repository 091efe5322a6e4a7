import type { SecurityEvent } from '../../telemetry/security-event.ts';
import type { User } from '../../ticket/events.ts';
import type { RevocationOptions, RevocationReport, Revoke } from './revocation.ts';
import type { AskedSelection, Selection } from './selection.ts';

/** What an operator asks for: as it was said, and read. */
export interface Asked {
  readonly said: AskedSelection;
  readonly selection: Selection;
}

/**
 * Revokes for an operator, and reports the command itself as two security events: what was asked for, before anything ends, and
 * how much ended, also where it broke off. A dry run ends nothing and is not reported.
 *
 * @param report nothing is ended where it refuses the first event.
 * @throws what `revoke` throws, and `report`.
 */
export async function operatorRevocation(
  revoke: Revoke,
  { said, selection }: Asked,
  options: RevocationOptions,
  report: (event: SecurityEvent) => void | Promise<void>,
): Promise<RevocationReport> {
  let user: User | undefined;
  let last: RevocationReport | undefined;
  if (!options.isDryRun) await report({ ...told(), reason: 'operator_begun' });
  try {
    const found = await revoke(selection, {
      ...options,
      onSelected(one) {
        if (selection.user !== undefined) user ??= one.user;
        options.onSelected?.(one);
      },
      onBarred(one) {
        user ??= one;
        options.onBarred?.(one);
      },
      onProgress(progress) {
        last = progress;
        options.onProgress?.(progress);
      },
    });
    if (!options.isDryRun) await tell(found, found.failed === 0 && found.newer === 0);
    return found;
  } catch (error) {
    if (!options.isDryRun) await tell(last, false);
    throw error;
  }

  async function tell(found: RevocationReport | undefined, isWhole: boolean): Promise<void> {
    await report({
      ...told(),
      reason: isWhole ? 'operator' : 'operator_incomplete',
      ended: (found?.sessions ?? 0) + (found?.tickets ?? 0),
    });
  }

  function told() {
    return {
      kind: 'revocation',
      user: user ?? selection.user,
      client_id: said.client,
      ticket_id: said.ticket,
      sid: said.session,
      address: said.address,
      since: instantOf(selection.since),
      before: instantOf(selection.before),
    } as const;
  }
}

function instantOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
