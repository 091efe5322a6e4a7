import type { OnSessionExpired } from '../../command/session-reader.ts';
import type { Config } from '../../config/config.ts';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import { tellExpired, tellingSessions } from '../../oauth/logout/telling-sessions.ts';
import type { EventStore } from '../../store/event-store.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Assembly } from '../assembly.ts';
import { makeCommands } from './commands.ts';
import type { Commands } from './commands.ts';
import { openLogouts } from './logouts.ts';
import type { Secrets } from '../secrets.ts';
import type { Telling } from '../telling.ts';

/** What the commands are made of, and who is told of what they end. */
export interface ToldCommandsParts {
  readonly clients: ClientRegistry;
  readonly ledger: Ledger;
  /** What a client is called in the metrics: one of few. */
  readonly clientLabel: (clientId: string) => string;
  readonly makeNonce: () => string;
  readonly secrets: Secrets;
  readonly store: EventStore;
  readonly telling: Telling;
}

/** The commands, with clients told of sessions that end, whoever ends them. */
export async function openCommands(
  config: Config,
  assembly: Assembly,
  { clients, clientLabel, ledger, makeNonce, secrets, store, telling }: ToldCommandsParts,
): Promise<Commands> {
  const { log, metrics, tracing } = telling;
  let onExpired: OnSessionExpired = () => undefined;
  const silent = assembly.make('commands', () =>
    makeCommands(config, { store, metrics, clientLabel, makeNonce, onExpired: (view) => onExpired(view) }),
  );
  const logouts = await assembly.open('logouts', () =>
    openLogouts(config, { clients, commands: silent, ledger, log, metrics, secrets, tracing }),
  );
  onExpired = tellExpired(logouts, clients);
  return { ...silent, sessions: tellingSessions(silent.sessions, logouts) };
}
