import type { Config } from '../config/config.ts';
import { transportSettings } from '../config/rooms/http.ts';
import { watchSettings } from '../config/rooms/watch.ts';
import { Origins } from '../http/caller/origins.ts';
import { endLog } from '../http/transports/end-log.ts';
import type { Held, TransportName } from '../http/transports/held.ts';
import { isAway } from '../http/transports/passing.ts';
import { BOUND_REASONS, CLOSINGS } from '../http/transports/transport.ts';
import type { TransportEvents, TransportShared } from '../http/transports/transport.ts';
import { socketServer } from '../http/transports/web-socket.ts';
import type { ClientRegistry } from '../oauth/clients/client.ts';
import { systemTime } from '../time/system-time.ts';
import type { Hub } from '../watch/hub.ts';
import type { WatchShared } from '../watch/watch-subject.ts';
import { TICK_MS, Wheel } from '../watch/wheel.ts';
import { random } from './randomness.ts';
import type { Telling } from './telling.ts';

/** While the store is away, a watcher asks again about this often, in milliseconds. */
const AWAY_MS = 1000;

/** What held connections share, with its odd moments told to the metrics. */
export function makeTransports(
  config: Config,
  parts: {
    readonly hub: Hub;
    readonly held: Held;
    readonly clients: ClientRegistry;
    readonly telling: Pick<Telling, 'log' | 'metrics' | 'report' | 'tracing'>;
  },
): TransportShared {
  const { hub, held, clients, telling } = parts;
  const { metrics } = telling;
  const watch: WatchShared = {
    ...watchSettings(config),
    hub,
    wheel: new Wheel(TICK_MS, systemTime),
    awayMs: AWAY_MS,
    random,
    isAway,
    onOdd: (what) => {
      if (what === 'reset') metrics.resets.inc();
      else if (what === 'missed') metrics.missedWakeups.inc();
      else metrics.watchReadsFailed.inc();
    },
    tracing: telling.tracing,
    onTold: (lagMs) => metrics.deliveryLag.observe(lagMs / 1000),
  };
  return {
    settings: transportSettings(config),
    watch,
    held,
    sockets: socketServer(config.SCANGATE_SOCKET_MESSAGE_BYTES),
    origins: new Origins(config.publicUrl, clients),
    events: counted(held, telling),
    now: () => systemTime.now(),
  };
}

const TRANSPORTS: readonly TransportName[] = ['sse', 'poll', 'socket'];

function counted(
  held: Held,
  { log, metrics, report }: Pick<Telling, 'log' | 'metrics' | 'report'>,
): TransportEvents {
  const logged = endLog(log);
  for (const transport of TRANSPORTS) {
    metrics.connections.set({ transport }, 0);
    for (const figure of [metrics.opened, metrics.notices, metrics.slowReaders]) figure.inc({ transport }, 0);
    for (const code of [...CLOSINGS, ...Object.keys(BOUND_REASONS)])
      metrics.closed.inc({ transport, code }, 0);
  }
  return {
    opened: (transport) => {
      metrics.opened.inc({ transport });
      metrics.connections.inc({ transport });
    },
    told: (transport, delivery) => {
      metrics.notices.inc({ transport });
      delivery?.told(transport);
    },
    closed: (transport, why) => {
      metrics.closed.inc({ transport, code: why });
      metrics.connections.dec({ transport });
      if (why === 'slow') metrics.slowReaders.inc({ transport });
      if (held.closing) metrics.drainLeft.set(held.size);
    },
    refused: (transport, why) => metrics.closed.inc({ transport, code: why }),
    ended: (connection, reason, unread) => {
      logged(connection, reason, unread);
      if (reason === 'bound_per_address')
        report({ kind: 'shut_out', reason: 'held', address: connection.address });
    },
    defect: (error) => log.error({ err: error }, 'defect in a transport'),
  };
}
