import { once } from 'node:events';
import type { Server } from 'node:http';
import { BadSetting } from '../../config/bad-setting.ts';
import type { AdminListen } from '../../config/admin-listen.ts';
import type { Config } from '../../config/config.ts';
import type { Edge } from '../../http/edge.ts';
import { operatorsServer } from '../../operate/operators-server.ts';
import type { Revoke } from '../../oauth/revocation/revocation.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Closable } from '../assembly.ts';
import { systemTime } from '../../time/system-time.ts';
import type { NodeState } from '../node-state.ts';
import type { KeptRecord } from '../record/record.ts';
import type { Telling } from '../telling.ts';
import { runRevocations } from './revocations.ts';

/**
 * Listens for operators, where that is on.
 *
 * @throws BadSetting where an address that was asked for cannot be listened on; of the default one the log warns.
 */
export async function openOperators(
  config: Config,
  parts: {
    readonly edge: Pick<Edge, 'connections'>;
    readonly kept: KeptRecord | undefined;
    readonly state: NodeState;
    readonly revoker: Revoke;
    readonly telling: Telling;
  },
): Promise<Closable> {
  const { adminListen: at } = config;
  if (at === undefined) return NOTHING;
  const { edge, kept, state, revoker, telling } = parts;
  const { log, metrics } = telling;
  const server = operatorsServer({
    readiness: () => state.readiness(),
    connections: () => edge.connections.counts(),
    metrics,
    ...(kept === undefined ? {} : { record: kept }),
    wallNow: () => systemTime.wallNow(),
    revoke: runRevocations(config, revoker, telling),
    token: () => config.SCANGATE_ADMIN_TOKEN,
  });
  try {
    server.listen(at.port, at.host);
    await once(server, 'listening');
  } catch (error) {
    return unopened(at, error as NodeJS.ErrnoException, log);
  }
  return { close: () => closed(server) };
}

const NOTHING: Closable = { close: () => undefined };

function unopened({ host, port, isDefault }: AdminListen, error: NodeJS.ErrnoException, log: Log): Closable {
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
