import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import { History } from '../../operate/page/history.ts';
import { Nodes } from '../../operate/page/nodes.ts';
import type { Identity } from '../../operate/page/picture.ts';
import { Presence } from '../../operate/page/presence.ts';
import { parseRedisAddress } from '../../store/redis/connection/address.ts';
import type { Ledger } from '../../store/ledger.ts';
import { version } from '../../telemetry/version.ts';
import { systemTime } from '../../time/system-time.ts';
import type { Closable } from '../assembly.ts';
import type { NodeState } from '../node-state.ts';
import { makeId } from '../randomness.ts';
import type { OpenTelling } from '../telling.ts';

/** How this node is known, and what it knows of others. */
export interface OpenPresence extends Closable {
  readonly identity: Identity;
  readonly history: History;
  readonly nodes: Nodes;
  readonly presence: Presence;
}

/** Lets pages for operators know of this node. Where nobody else has the store and this node has no page, it says nothing. */
export async function openPresence(
  config: Config,
  parts: { readonly ledger: Ledger; readonly state: NodeState; readonly telling: OpenTelling },
): Promise<OpenPresence> {
  const { ledger, state, telling } = parts;
  const identity: Identity = {
    name: `${hostname()}:${config.PORT}`,
    version: version(),
    startedAt: systemTime.wallNow(),
    issuer: config.issuer,
    store: config.storeKind === 'file' ? 'file' : parseRedisAddress(config.SCANGATE_STORE).kind,
  };
  const [history, nodes] = [new History(), new Nodes(ledger, makeId(), () => systemTime.now())];
  const { log, metrics } = telling;
  const readiness = (): ReturnType<NodeState['readiness']> => state.readiness();
  const presence = new Presence({ identity, history, metrics, readiness, nodes, log, time: systemTime });
  if (config.storeKind === 'redis' || config.adminListen !== undefined) await presence.open();
  return { identity, history, nodes, presence, close: () => presence.close() };
}
