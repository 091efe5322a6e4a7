import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import type { Endpoint } from '../connection/address.ts';
import type { RedisConnection, Socket } from '../connection/redis-connection.ts';
import type { Voter } from './majority.ts';
import { readSentinel } from './voter-view.ts';
import type { VoterView } from './voter-view.ts';

/** How long those that are known are not asked again for the others, in milliseconds. */
const LEARN_EVERY_MS = 1_000;

/** How the Sentinels of one master are reached. */
export interface SentinelsOptions {
  readonly masterName: string;
  /** Those that the store's address names. The others are learnt from them. */
  readonly endpoints: readonly Endpoint[];
  readonly connect: (endpoint: Endpoint) => RedisConnection;
  readonly time: Time;
}

/** The Sentinels of one master: those that the address names, and those that they know. */
export class Sentinels {
  readonly #options: SentinelsOptions;
  readonly #known = new Map<string, Sentinel>();
  #learning = false;
  #closed = false;

  constructor(options: SentinelsOptions) {
    this.#options = options;
    for (const endpoint of options.endpoints) this.#add(endpoint);
  }

  get all(): readonly Voter[] {
    return [...this.#known.values()];
  }

  close(): void {
    this.#closed = true;
    for (const { redis } of this.#known.values()) redis.disconnect();
  }

  #add(endpoint: Endpoint): void {
    const name = `${endpoint.host}:${endpoint.port}`;
    if (this.#closed || this.#known.has(name)) return;
    const { masterName, connect } = this.#options;
    this.#known.set(
      name,
      new Sentinel(connect(endpoint), masterName, (voters) => {
        if (voters > this.#ready.length) void this.#learnOthers();
      }),
    );
  }

  get #ready(): readonly Sentinel[] {
    return [...this.#known.values()].filter(({ redis }) => redis.status === 'ready');
  }

  // A majority is one of all Sentinels. The address may name only some, and those that were known may have been replaced.
  async #learnOthers(): Promise<void> {
    if (this.#learning) return;
    this.#learning = true;
    for (const sentinel of this.#ready) {
      for (const endpoint of await sentinel.others().catch(() => [])) this.#add(endpoint);
    }
    await sleep(this.#options.time, LEARN_EVERY_MS);
    this.#learning = false;
  }
}

class Sentinel implements Voter {
  readonly redis: RedisConnection;
  readonly #masterName: string;
  readonly #onVoters: (voters: number) => void;
  #identified: { readonly socket: Socket; readonly id: unknown } | undefined;

  constructor(redis: RedisConnection, masterName: string, onVoters: (voters: number) => void) {
    this.redis = redis;
    this.#masterName = masterName;
    this.#onVoters = onVoters;
  }

  async view(): Promise<VoterView> {
    const id = await this.#idOn(this.redis.stream);
    const answers = await this.redis
      .pipeline()
      .call('SENTINEL', 'MASTER', this.#masterName)
      .call('SENTINEL', 'REPLICAS', this.#masterName)
      .exec();
    const [master, replicas] = (answers ?? []).map(([error, answer]) => {
      if (error) throw error;
      return answer;
    });
    const view = readSentinel(id, master, replicas);
    this.#onVoters(view.voters);
    return view;
  }

  /** Its id, asked once on each socket: an address may lead to another one after a while. */
  async #idOn(socket: Socket): Promise<unknown> {
    if (this.#identified?.socket !== socket)
      this.#identified = { socket, id: await this.redis.call('SENTINEL', 'MYID') };
    return this.#identified.id;
  }

  async others(): Promise<readonly Endpoint[]> {
    const answers = await this.redis.call('SENTINEL', 'SENTINELS', this.#masterName);
    return (answers as (readonly string[])[]).map((fields) => {
      const field = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
      return { host: field('ip'), port: Number(field('port')) };
    });
  }
}
