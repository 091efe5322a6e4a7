import { fileURLToPath } from 'node:url';
import { Live } from '../../operate/page/live.ts';
import { readPageFiles } from '../../operate/page/page-files.ts';
import type { PageFiles } from '../../operate/page/page-files.ts';
import type { EventStore } from '../../store/event-store.ts';
import { systemTime } from '../../time/system-time.ts';
import type { NodeState } from '../node-state.ts';
import type { OpenTelling } from '../telling.ts';
import type { OpenPresence } from './presence.ts';

/** Makes what tells the page for operators how this node is. */
export function openLive(parts: {
  readonly here: OpenPresence;
  readonly state: NodeState;
  readonly store: EventStore;
  readonly telling: OpenTelling;
}): Live {
  const { here, state, store, telling } = parts;
  const { bulletins, log, metrics, outages } = telling;
  telling.onSecurityEvent(({ kind, reason, count }) => {
    const detail = count === undefined ? reason : `${reason}, ${count} more`;
    bulletins.tell('note', `Security: ${kind.replaceAll('_', ' ')}`, detail);
  });
  return new Live({
    ...here,
    metrics,
    readiness: () => state.readiness(),
    health: () => store.health(),
    ongoing: () => outages.ongoing(),
    bulletins,
    log,
    time: systemTime,
  });
}

/** The page, as the build made it. */
export function pageFiles(): PageFiles {
  return readPageFiles(fileURLToPath(new URL('../../web/operators', import.meta.url)));
}
