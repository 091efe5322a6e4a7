import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SessionCommands } from '../../command/session-commands.ts';
import { BadSetting } from '../../config/bad-setting.ts';
import type { AdminListen } from '../../config/admin-listen.ts';
import { hostNameOf } from '../../config/host-name.ts';
import type { Config } from '../../config/config.ts';
import type { Edge } from '../../http/edge.ts';
import { securityHeaders } from '../../http/answer/security-headers.ts';
import { Admission } from '../../operate/admission.ts';
import { operatorsServer } from '../../operate/operators-server.ts';
import { WrongTokens } from '../../operate/wrong-tokens.ts';
import type { Revoke } from '../../oauth/revocation/revocation.ts';
import type { EventStore } from '../../store/event-store.ts';
import type { Ledger } from '../../store/ledger.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Closable } from '../assembly.ts';
import { systemTime } from '../../time/system-time.ts';
import type { NodeState } from '../node-state.ts';
import { makeKey } from '../randomness.ts';
import type { KeptRecord } from '../record/record.ts';
import type { Secrets } from '../secrets.ts';
import type { OpenTelling } from '../telling.ts';
import { listSessions } from './listed-sessions.ts';
import { openLive, pageFiles } from './operators-page.ts';
import { operatorForgettings } from './forgettings.ts';
import type { OpenPresence } from './presence.ts';
import { operatorRevocations } from './revocations.ts';
import { readTimeline } from './timeline.ts';

/** What operators are told of. */
export interface OperatorsRoomParts {
  readonly commands: { readonly sessions: SessionCommands };
  readonly edge: Pick<Edge, 'connections'>;
  /** How this node is known to others. */
  readonly here: OpenPresence;
  readonly kept: KeptRecord;
  readonly ledger: Ledger;
  readonly state: NodeState;
  readonly store: EventStore;
  readonly revoker: Revoke;
  readonly secrets: Pick<Secrets, 'ticketNames'>;
  readonly telling: OpenTelling;
}

/** The operators' listener, as it is open. */
export interface OpenOperators extends Closable {
  /** Where the page for operators is; undefined: nobody listens. */
  readonly url: string | undefined;
}

/**
 * Listens for operators, where that is on.
 *
 * @throws BadSetting where an address that was asked for cannot be listened on; of the default one the log warns.
 */
export async function openOperators(config: Config, parts: OperatorsRoomParts): Promise<OpenOperators> {
  const { adminListen: at } = config;
  if (at === undefined) return NOTHING;
  const { edge, kept, state, revoker, telling } = parts;
  const { log, metrics } = telling;
  const live = openLive(parts);
  const wrongTokens = new WrongTokens({ report: telling.report, time: systemTime });
  const server = operatorsServer({
    readiness: () => state.readiness(),
    connections: () => edge.connections.counts(),
    metrics,
    record: kept,
    wallNow: () => systemTime.wallNow(),
    revocations: operatorRevocations(config, revoker, telling),
    forgettings: operatorForgettings(config, { revoke: revoker, kept }, telling),
    timeline: readTimeline(parts.store, parts.secrets),
    sessions: listSessions(config, parts.ledger, parts.commands.sessions),
    admission: new Admission({
      token: () => config.SCANGATE_ADMIN_TOKEN,
      cookieKey: makeKey(),
      wallNow: () => systemTime.wallNow(),
    }),
    wrongTokens,
    live,
    files: pageFiles(),
    log,
    security: securityHeaders(new URL(`http://${hostNameOf(at.host)}`)),
  });
  try {
    server.listen(at.port, at.host);
    await once(server, 'listening');
  } catch (error) {
    live.close();
    return unopened(at, error as NodeJS.ErrnoException, log);
  }
  parts.here.presence.havePage();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${reachable(at.host)}:${port}/`,
    async close() {
      wrongTokens.close();
      live.close();
      await closed(server);
    },
  };
}

/** A name by which this machine reaches what listens there. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : hostNameOf(host);
}

const NOTHING: OpenOperators = { url: undefined, close: () => undefined };

function unopened(
  { host, port, isDefault }: AdminListen,
  error: NodeJS.ErrnoException,
  log: Log,
): OpenOperators {
  if (!isDefault) throw new BadSetting('SCANGATE_ADMIN_LISTEN', error.message);
  log.warn(
    { address: `${host}:${port}`, cause: error.code },
    'nothing listens for operators: the address is taken, and SCANGATE_ADMIN_LISTEN names no other',
  );
  return NOTHING;
}

async function closed(server: Server): Promise<void> {
  const ended = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await ended;
}
