import { every, within } from '../../../time/time.ts';
import type { Endpoint } from '../connection/address.ts';
import type { RedisConnection, ServerAccess } from '../connection/redis-connection.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import type { OnIncident } from './incident.ts';

const LOOK_EVERY_MS = 5_000;
const ASK_TIMEOUT_MS = 1_000;

/** How many replicas of one master are asked for the time. */
const REPLICAS_MAX = 8;

/** How far clocks may be apart. */
export interface ClockSettings {
  /** From which difference on a replica's clock is apart from its master's, in milliseconds. */
  readonly clockSkewMaxMs: number;
}

/** How far a replica's clock is from its master's, at least, in milliseconds. */
interface Skew {
  readonly skewMs: number;
  /** The replica; empty where none was asked. */
  readonly server: string;
}

/** A server's time against this node's monotonic clock, and how far off that may be, both in milliseconds. */
interface ClockOffset {
  readonly aheadMs: number;
  readonly errorMs: number;
}

/** Whose clocks are compared, and from when on they count as apart. */
export interface ClockWatchOptions {
  readonly access: ServerAccess;
  readonly shards: Shards;
  /** From which difference on clocks are apart, in milliseconds. */
  readonly skewMaxMs: number;
  readonly onIncident: OnIncident;
  /** Hears what each master says of itself (`INFO`), which has to be asked for its replicas. */
  readonly onInfo: (shard: Shard, info: string) => void;
}

const NONE: Skew = { skewMs: 0, server: '' };

/**
 * Compares each master's clock with its replicas': the store's time is the master's, and with a promoted replica all
 * deadlines would jump by the difference. What the way there takes is in nobody's disfavour.
 */
export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #skews = new WeakMap<Shard, Skew>();
  #stopLooking = (): void => {};
  #apart = false;
  #looking = false;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
  }

  /** Looks at once, and then every few seconds, until `stop`. */
  start(): void {
    this.#stopLooking = every(this.#options.access.time, LOOK_EVERY_MS, () => void this.#look());
    void this.#look();
  }

  /** The largest difference as it was last seen, in milliseconds. */
  get skewMs(): number {
    return this.#worst().skewMs;
  }

  stop(): void {
    this.#stopLooking();
  }

  #worst(): Skew {
    return this.#options.shards.all
      .map((shard) => this.#skews.get(shard) ?? NONE)
      .reduce((worst, skew) => (skew.skewMs > worst.skewMs ? skew : worst), NONE);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    await Promise.all(this.#options.shards.all.map((shard) => this.#compare(shard)));
    this.#looking = false;
    const { skewMs, server } = this.#worst();
    const apart = skewMs > this.#options.skewMaxMs;
    this.#options.onIncident({ kind: 'clocks', skewMs, server, apart, turned: apart !== this.#apart });
    this.#apart = apart;
  }

  /** A master that does not answer leaves what was last seen of it. */
  async #compare(shard: Shard): Promise<void> {
    if (!shard.control.up) return;
    try {
      const { redis } = shard.control;
      const info = await redis.info();
      this.#options.onInfo(shard, info);
      const replicas = replicasIn(info);
      const [master, ...others] = await Promise.all([
        this.#offsetOf(redis),
        ...replicas.map((endpoint) => this.#ask(endpoint).catch(() => undefined)),
      ]);
      const skews = others.map((other, i): Skew => {
        const { host, port } = replicas[i] as Endpoint;
        return other === undefined ? NONE : { skewMs: apartMs(master, other), server: `${host}:${port}` };
      });
      this.#skews.set(
        shard,
        skews.reduce((worst, skew) => (skew.skewMs > worst.skewMs ? skew : worst), NONE),
      );
    } catch {
      // The link itself notices when its socket is lost.
    }
  }

  async #ask(endpoint: Endpoint): Promise<ClockOffset> {
    const { address, connect, time } = this.#options.access;
    const redis = connect(address, 'control', { endpoint });
    try {
      const isReady = new Promise<void>((resolve) => redis.once('ready', resolve));
      await within(time, ASK_TIMEOUT_MS, isReady, () => new Error('no answer in time'));
      return await this.#offsetOf(redis);
    } finally {
      redis.disconnect();
    }
  }

  async #offsetOf(redis: RedisConnection): Promise<ClockOffset> {
    const { time } = this.#options.access;
    const before = time.now();
    const [seconds, micros] = await redis.time();
    const after = time.now();
    const serverTime = Number(seconds) * 1000 + Number(micros) / 1000;
    return { aheadMs: serverTime - (before + after) / 2, errorMs: (after - before) / 2 };
  }
}

function apartMs(one: ClockOffset, other: ClockOffset): number {
  return Math.max(0, Math.abs(one.aheadMs - other.aheadMs) - one.errorMs - other.errorMs);
}

function replicasIn(info: string): Endpoint[] {
  return [...info.matchAll(/^slave\d+:ip=([^,]+),port=(\d+)/gm)]
    .slice(0, REPLICAS_MAX)
    .map(([, host, port]) => ({ host: host as string, port: Number(port) }));
}
