import { sleep } from '../../../time/time.ts';
import type { Time } from '../../../time/time.ts';
import { NotReplicated } from '../../event-store.ts';
import type { StoreSettings } from '../../store-settings.ts';
import { mustLast } from '../../told-event.ts';
import type { ToldEvent } from '../../told-event.ts';
import type { Link } from '../connection/link.ts';
import type { Shard, Shards } from '../connection/shard.ts';
import type { Assurer } from '../events/assurer.ts';
import { Assurance } from './assurance.ts';
import { CoveredEvents } from './covered-events.ts';
import type { Quorum } from './quorum.ts';
import { readReplication } from './replication.ts';
import type { Replication } from './replication.ts';

/** How long replicas are waited for. */
export interface ReplicationSettings {
  /** How long replicas that must hold an event have until they do, in milliseconds. */
  readonly replicationTimeoutMs: number;
}

/** Over whom it is decided, and how. */
export interface AssurancesOptions {
  readonly settings: ReplicationSettings & Pick<StoreSettings, 'durability'>;
  readonly shards: Shards;
  readonly quorum: Quorum;
  readonly time: Time;
}

/** Event ids that are remembered as held by the replicas, of each master. About 100 bytes each. */
const COVERED_MAX = 50_000;

/** What is known of one master while one connection to it is open. */
interface Known {
  readonly opening: number;
  readonly assurance: Assurance;
  readonly covered: CoveredEvents;
}

/** Lets answers be told once those who must agree, and those who must hold what they tell, do. */
export class Assurances implements Assurer {
  readonly #options: AssurancesOptions;
  readonly #known = new WeakMap<Shard, Known>();
  readonly #former = new WeakMap<Shard, Assurance>();

  constructor(options: AssurancesOptions) {
    this.#options = options;
  }

  async assure(link: Link, partition: number, told?: readonly ToldEvent[]): Promise<void> {
    const { shards, quorum, settings } = this.#options;
    const shard = shards.of(partition);
    if (shard === undefined || shard.writer !== link) throw new Error('Connection is closed.');
    const { assurance, covered } = this.#knownOf(shard);
    const uncovered = told?.filter((event) => mustLast(event) && !covered.has(event.id));
    const needsReplicas = settings.durability !== 'acknowledged' && uncovered?.length !== 0;
    const assured = needsReplicas ? await assurance.onReplicas() : await assurance.asMaster();
    if (assured === 'not_replicated')
      throw new NotReplicated('a replica that must hold it did not say in time that it does');
    if (assured === 'not_master') {
      const agreement = await quorum.ask(shard);
      if (agreement !== undefined) quorum.leaveOther(shard, agreement);
      throw new Error('no majority says that the server was the master');
    }
    for (const { id } of uncovered ?? []) if (needsReplicas) covered.add(id);
  }

  /** Whether a shard's server is the master, asked after this call. */
  async isMaster(shard: Shard): Promise<boolean> {
    return (await this.#knownOf(shard).assurance.asMaster()) === 'sure';
  }

  #knownOf(shard: Shard): Known {
    const { openings: opening } = shard.writer;
    const present = this.#known.get(shard);
    if (present?.opening === opening) return present;
    const assurance = this.#former.get(shard) ?? this.#assuranceOf(shard);
    this.#former.set(shard, assurance);
    const known = { opening, assurance, covered: new CoveredEvents(COVERED_MAX) };
    this.#known.set(shard, known);
    return known;
  }

  #assuranceOf(shard: Shard): Assurance {
    const { quorum, settings, time } = this.#options;
    const { durability, replicationTimeoutMs } = settings;
    return new Assurance(
      {
        term: () => quorum.termOf(shard),
        ask: () => quorum.ask(shard),
        former: (attached) => quorum.formerMasters(shard, attached),
        replicasKnown: () => shard.replicas,
        replication: (replicas, waitMs) => askReplication(shard, replicas, waitMs),
      },
      {
        durability: durability === 'replicated' ? 'replicated' : 'auto',
        timeoutMs: replicationTimeoutMs,
        now: () => time.now(),
        wait: (ms) => sleep(time, ms),
      },
    );
  }
}

/** How long the connection that waits for replicas may take to be there, in milliseconds. */
const DURABLE_WAIT_MS = 1_000;

async function askReplication(
  { durable }: Shard,
  replicas: number,
  waitMs: number,
): Promise<readonly [Replication, Replication]> {
  await durable.whenUp(DURABLE_WAIT_MS);
  const pipeline = durable.redis.pipeline().role();
  if (replicas > 0) pipeline.wait(replicas, waitMs).role();
  const answers = ((await pipeline.exec()) ?? []).map(([error, answer]) => {
    if (error) throw error;
    return answer;
  });
  return [readReplication(answers[0]), readReplication(answers[answers.length - 1])];
}
