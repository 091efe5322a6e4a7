import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { redisSettings, storeSettings } from '../config/rooms/store.ts';
import { checkedSecrets } from '../config/secrets.ts';
import { keptSecrets } from '../secrets/kept-secrets.ts';
import { openFileStore } from '../store/file/open.ts';
import type { EventStore } from '../store/event-store.ts';
import type { Ledger } from '../store/ledger.ts';
import { measuredStore } from '../store/measured-store.ts';
import type { OnCall } from '../store/measured-store.ts';
import type { RebuildAll } from '../store/rebuild.ts';
import { parseRedisAddress } from '../store/redis/connection/address.ts';
import { connectRedis } from '../store/redis/connection/connect-redis.ts';
import type { Incident, OnIncident } from '../store/redis/failover/incident.ts';
import { openRedisStore } from '../store/redis/open.ts';
import { prepare } from '../store/redis/setup/prepare.ts';
import { StoreRefused } from '../store/refused.ts';
import { systemTime } from '../time/system-time.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const makeText = (): string => randomBytes(16).toString('base64url');

/** Both ports on what `SCANGATE_STORE` names, and the secrets that go with it. */
export interface OpenStores {
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly rebuildAll: RebuildAll;
  readonly secrets: readonly string[];
  /** Ends both. */
  close(): Promise<void>;
}

/** Who hears of a store's calls and failovers. */
export interface Watched {
  readonly onCall?: OnCall;
  readonly onIncident?: OnIncident;
}

/**
 * Opens the stores of a configuration. A Redis that is fresh, or of an earlier release, is migrated first.
 *
 * @throws StoreRefused with one line, BadSetting for secrets that a file store kept and that are none.
 */
export async function openStores(config: Config, watched: Watched = {}): Promise<OpenStores> {
  if (config.storeKind === 'redis') {
    const { store, ledger, rebuildAll } = await openRedisStore({
      url: config.SCANGATE_STORE,
      settings: redisSettings(config),
      migrate: true,
      time: systemTime,
      random: Math.random,
      randomText: makeText,
      ...(watched.onIncident === undefined ? {} : { onIncident: watched.onIncident }),
    }).catch((error: unknown) => {
      throw refused(error);
    });
    return {
      store: measured(store, watched),
      ledger,
      rebuildAll,
      secrets: config.secrets ?? [],
      close: () => store.close(),
    };
  }
  const { store, ledger, rebuildAll, secretsFile } = await openFileStore({
    folder: resolve(config.SCANGATE_STORE.slice('file:'.length)),
    settings: storeSettings(config),
    time: systemTime,
    newId: makeText,
  });
  try {
    const secrets = config.secrets ?? checkedSecrets(secretsFile, keptSecrets(secretsFile));
    return { store: measured(store, watched), ledger, rebuildAll, secrets, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

// Whatever keeps a Redis from being opened, from a wrong address to a wrong policy, is for the operator to mend.
function refused(error: unknown): StoreRefused {
  const why = error instanceof Error ? error.message : String(error);
  return new StoreRefused(why.replaceAll(/\s*\n\s*/g, ' '), { cause: error });
}

function measured(store: EventStore, { onCall }: Watched): EventStore {
  return onCall === undefined ? store : measuredStore(store, () => performance.now(), onCall);
}

const MIGRATION_TIMEOUT_MS = 10_000;

/**
 * Brings a Redis store to this release: functions and meta key. May run any number of times, and beside running nodes.
 *
 * @param address `SCANGATE_STORE`. @returns what was done, line by line.
 * @throws Error with one line where the store cannot be used.
 */
export async function migrateStore(address: string): Promise<readonly string[]> {
  if (address.startsWith('file:')) return ['a file store needs no migration'];
  const lines: string[] = [];
  const access = { address: parseRedisAddress(address), connect: connectRedis, time: systemTime };
  await prepare(access, {
    migrate: true,
    partitions: undefined,
    randomText: makeText,
    timeoutMs: MIGRATION_TIMEOUT_MS,
    log: (line) => lines.push(line),
  });
  return lines;
}

/** Tells a store's calls and failovers to the metrics, and what matters to the log. */
export function watchedBy(metrics: Metrics, log: Log): Watched {
  return {
    onCall: (call, outcome, seconds) => metrics.storeSeconds.observe({ call, outcome }, seconds),
    onIncident: (incident) => noteIncident(incident, metrics, log),
  };
}

function noteIncident(incident: Incident, metrics: Metrics, log: Log): void {
  switch (incident.kind) {
    case 'timeline':
      metrics.timelines.inc();
      log.warn({ timeline: incident.timeline }, 'the store has another history than before');
      return;
    case 'restored':
      metrics.healedEvents.inc({ outcome: 'restored' });
      return;
    case 'given_up':
      metrics.healedEvents.inc({ outcome: incident.why });
      log.warn(
        { subject: incident.subject, type: incident.type, why: incident.why },
        'a lost event stays lost',
      );
      return;
    case 'not_waited':
      log.warn({ nodes: incident.nodes }, 'went on before other nodes had dealt with the failover');
      return;
    case 'healed': {
      const { seconds, restored, givenUp, reset } = incident;
      metrics.healingSeconds.observe(incident.seconds);
      log.warn({ seconds, restored, givenUp, reset }, 'dealt with a failover');
      return;
    }
    case 'clocks': {
      const { skewMs, server, apart, turned } = incident;
      metrics.clockSkew.set(skewMs / 1000);
      if (!turned) return;
      if (apart)
        log.error({ skewMs: Math.round(skewMs), server }, "a replica's clock is far from its master's");
      else log.warn("the clocks of Redis' servers agree again");
      return;
    }
    case 'ring_full':
      metrics.ringDropped.inc(incident.dropped);
      log.warn({ dropped: incident.dropped }, 'the redo ring is full');
  }
}
