import type { SessionCommands } from '../../command/session-commands.ts';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { Config } from '../../config/config.ts';
import { endPageSessions } from '../../http/caller/page-ends.ts';
import { noteLogout } from '../../oauth/logout/logout-queue.ts';
import { logoutRoom } from '../../oauth/logout/logout-room.ts';
import { tellingSessions } from '../../oauth/logout/telling-sessions.ts';
import { revocation } from '../../oauth/revocation/revocation.ts';
import type { RevocationReport, Revoke } from '../../oauth/revocation/revocation.ts';
import { readSelection } from '../../oauth/revocation/selection.ts';
import { userSessions } from '../../oauth/tokens/user-sessions.ts';
import type { EventStore } from '../../store/event-store.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { LivingSubjects } from '../../store/living.ts';
import { systemTime } from '../../time/system-time.ts';
import { makeMetrics } from '../../telemetry/metrics.ts';
import type { SecurityEvent } from '../../telemetry/security-event.ts';
import type { Closable } from '../assembly.ts';
import { makeCommands } from '../commands/commands.ts';
import { makeId, makeNonce } from '../randomness.ts';
import { keepCommand } from '../record/command-entry.ts';
import { openExistingStores } from '../store/existing.ts';
import type { OpenStores } from '../store/stores.ts';
import type { Telling } from '../telling.ts';
import { knownUsers } from './known-users.ts';

/** Makes what ends many sessions and tickets at once. @param parts `sessions` tell clients. */
export function makeRevoker(
  config: Config,
  parts: {
    readonly store: EventStore;
    readonly ledger: Ledger;
    readonly living: LivingSubjects;
    readonly tickets: TicketCommands;
    readonly sessions: SessionCommands;
  },
): Revoke {
  const { ledger, sessions } = parts;
  const lists = userSessions(ledger, sessions);

  return async (selection, options) => {
    let last: RevocationReport | undefined;
    let untold = 0;
    const onProgress = (report: RevocationReport): void => options.onProgress?.((last = report));
    const room = logoutRoom(ledger, systemTime, () => last && options.onProgress?.(last));
    const revoke = revocation({
      ...parts,
      sessions: {
        async revoke(id, reason) {
          if (!(await room.take())) untold += 1;
          await sessions.revoke(id, reason);
        },
      },
      known: (user) => knownUsers(config, user),
      async bar(user) {
        await endPageSessions(ledger, makeId, user);
        await lists.bar(user);
      },
    });
    return { ...(await revoke(selection, { ...options, onProgress })), untold };
  };
}

/** Ends, one after the other, what clients have that removed themselves (RFC 7592 §2.3). A store that is away ends nothing, and the log says so. */
export function endsOfRemoved(
  revoke: Revoke,
  { log, report }: Pick<Telling, 'log' | 'report'>,
): (clientId: string) => void {
  let last = Promise.resolve();
  const waiting = new Set<string>();

  async function end(clientId: string): Promise<void> {
    waiting.delete(clientId);
    const selection = readSelection({ client: clientId }, 0);
    const first = await revoke(selection, { isDryRun: false });
    const found = first.failed > 0 ? await revoke(selection, { isDryRun: false }) : first;
    if (first.sessions + found.sessions > 0)
      report({ kind: 'revocation', reason: 'registration_deleted', client_id: clientId });
    const { failed, newer } = found;
    if (failed + newer > 0)
      log.warn(
        { client: clientId, failed, newer },
        'not all that a client had that removed itself was ended',
      );
  }

  return (clientId) => {
    if (waiting.size >= WAITING_MAX) {
      log.warn({ client: clientId }, 'what a client that removed itself has goes on until its time is over');
      return;
    }
    waiting.add(clientId);
    last = last
      .then(() => end(clientId))
      .catch((error: unknown) =>
        log.warn(
          { err: error, client: clientId },
          'what a client that removed itself has could not be ended',
        ),
      );
  };
}

/** Clients that wait for their end; each is a look at everything. */
const WAITING_MAX = 100;

/** Revocation on a store of its own, for a process that serves nobody. */
export interface OpenRevoker extends Closable {
  readonly revoke: Revoke;
  /** Keeps in the record what was done. @throws StoreUnavailable */
  keep(event: SecurityEvent): Promise<void>;
  readonly stores: OpenStores;
}

/**
 * Opens the store of a configuration to revoke. Gateways that run on it tell watchers at once, and clients within seconds.
 *
 * @throws StoreRefused, StoreUnavailable
 */
export async function openRevoker(config: Config): Promise<OpenRevoker> {
  const stores = await openExistingStores(config);
  const { store, ledger } = stores;
  const { tickets, sessions } = makeCommands(config, {
    store,
    metrics: makeMetrics(false),
    makeNonce,
    clientLabel: () => 'other',
    onExpired: () => undefined,
  });
  let unnoted = 0;
  const queue = {
    note: (view: { readonly sid: string }) => noteLogout(ledger, view.sid),
    hurry: () => undefined,
    giveUp: () => void (unnoted += 1),
  };
  const revoker = makeRevoker(config, { ...stores, tickets, sessions: tellingSessions(sessions, queue) });
  return {
    async revoke(selection, options) {
      const report = await revoker(selection, options);
      return { ...report, untold: report.untold + unnoted };
    },
    keep: (event) => keepCommand(config, stores, event),
    stores,
    close: () => stores.close(),
  };
}
