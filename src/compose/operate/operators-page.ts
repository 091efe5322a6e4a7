import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../config/config.ts';
import { History } from '../../operate/page/history.ts';
import { Live } from '../../operate/page/live.ts';
import { Nodes } from '../../operate/page/nodes.ts';
import { readPageFiles } from '../../operate/page/page-files.ts';
import type { PageFiles } from '../../operate/page/page-files.ts';
import { parseRedisAddress } from '../../store/redis/connection/address.ts';
import type { EventStore } from '../../store/event-store.ts';
import type { Ledger } from '../../store/ledger.ts';
import { version } from '../../telemetry/version.ts';
import { systemTime } from '../../time/system-time.ts';
import type { NodeState } from '../node-state.ts';
import { makeId } from '../randomness.ts';
import type { OpenTelling } from '../telling.ts';

/** Makes what tells the page for operators how this node is. */
export function openLive(
  config: Config,
  parts: {
    readonly ledger: Ledger;
    readonly state: NodeState;
    readonly store: EventStore;
    readonly telling: OpenTelling;
  },
): Live {
  const { ledger, state, store, telling } = parts;
  const { bulletins, log, metrics, outages } = telling;
  telling.onSecurityEvent(({ kind, reason, count }) => {
    const detail = count === undefined ? reason : `${reason}, ${count} more`;
    bulletins.tell('note', `Security: ${kind.replaceAll('_', ' ')}`, detail);
  });
  return new Live({
    identity: {
      name: `${hostname()}:${config.PORT}`,
      version: version(),
      startedAt: systemTime.wallNow(),
      issuer: config.issuer,
      store: config.storeKind === 'file' ? 'file' : parseRedisAddress(config.SCANGATE_STORE).kind,
    },
    metrics,
    history: new History(),
    readiness: () => state.readiness(),
    health: () => store.health(),
    ongoing: () => outages.ongoing(),
    nodes: new Nodes(ledger, makeId(), () => systemTime.now()),
    bulletins,
    log,
    time: systemTime,
  });
}

/** The page, as the build made it. */
export function pageFiles(): PageFiles {
  return readPageFiles(fileURLToPath(new URL('../../web/operators', import.meta.url)));
}
