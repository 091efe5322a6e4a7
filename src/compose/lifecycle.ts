import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { drainTimes } from '../config/rooms/http.ts';
import type { Edge } from '../http/edge.ts';
import type { Held } from '../http/transports/held.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Time } from '../time/time.ts';
import type { Assembly } from './assembly.ts';
import type { NodeState } from './node-state.ts';

/** A gateway that is put together. */
export interface Gateway {
  /** Listens; kept once the first canary has come back. @throws what listening throws; then everything is closed. */
  start(): Promise<void>;
  /** Leaves in order, within `SCANGATE_DRAIN_MAX`. A second call changes nothing. */
  stop(): Promise<void>;
  /** Reads files of clients and secrets that changed, now. */
  reread(): void;
  /** Where the page for operators is; undefined: nowhere. */
  readonly operatorsUrl: string | undefined;
}

/** What has a life between start and stop. */
export interface LifecycleParts {
  readonly assembly: Assembly;
  readonly edge: Pick<Edge, 'server' | 'connections'>;
  readonly held: Held;
  readonly operators: { readonly url: string | undefined };
  readonly state: NodeState;
  /** Does what is better done before anyone asks; kept once this node delivers. */
  readonly warmUp: () => Promise<void>;
  readonly reread: () => void;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly time: Time;
}

/** What is kept of the drain's time to close the parts, in milliseconds. */
const LAST_MS = 500;

/** A turn of the event loop that takes no longer leaves nobody at the door, in milliseconds; so many turns are waited for one. */
const QUIET_TURN_MS = 1;
const TURNS_MAX = 100;

/** The start and the stop of a gateway whose parts are up. */
export function lifecycle(config: Config, parts: LifecycleParts): Gateway {
  const { assembly, edge, held, state, log, metrics, time } = parts;
  const { server } = edge;
  const times = drainTimes(config);

  async function drain(): Promise<void> {
    const endBy = time.now() + times.maxMs;
    state.drain();
    edge.connections.leave();
    metrics.draining.set(1);
    await held.drain(times, (step) => log.debug({ step, held: held.size, ...times }, 'draining'));
    await closeServer(edge, time, { newMs: times.newMs, allMs: endBy - time.now() - LAST_MS });
    log.debug('the server is closed');
    await assembly.close();
  }

  let drained: Promise<void> | undefined;
  return {
    async start() {
      const startedAt = time.now();
      try {
        server.listen(config.PORT, config.HOST);
        await once(server, 'listening');
        log.info({ url: `${config.issuer}/`, host: config.HOST, port: config.PORT }, 'listening');
        await parts.warmUp();
      } catch (error) {
        if (server.listening) await closeServer(edge, time, { newMs: 0, allMs: 0 });
        await assembly.close();
        throw error;
      }
      log.debug({ ms: Math.round(time.now() - startedAt), ...state.readiness() }, 'started');
    },
    stop: () => (drained ??= drain()),
    reread: parts.reread,
    operatorsUrl: parts.operators.url,
  };
}

/** How long a server that closes waits for connections: for those that have asked nothing yet, and for all. Milliseconds. */
interface Patience {
  readonly newMs: number;
  readonly allMs: number;
}

/** Closes a server: connections that were answered at once, the others when they have been answered, or are cut. */
async function closeServer(
  { server, connections }: LifecycleParts['edge'],
  time: Time,
  { newMs, allMs }: Patience,
): Promise<void> {
  const closed = once(server, 'close');
  await nobodyAtTheDoor();
  server.close();
  connections.close();
  const within = Math.max(0, allMs);
  const cancels = [
    time.after(Math.min(newMs, within), () => connections.closeNew()),
    time.after(within, () => connections.destroyAll()),
  ];
  await closed;
  for (const cancel of cancels) cancel();
}

/**
 * The system takes connections before Node does, and resets what Node has not taken when a server closes. Each turn
 * takes all that wait: behind one that was over at once hardly any can have come.
 */
async function nobodyAtTheDoor(): Promise<void> {
  for (let turns = 0; turns < TURNS_MAX; turns += 1) {
    const begun = performance.now();
    await nextTurn();
    if (performance.now() - begun < QUIET_TURN_MS) return;
  }
}
