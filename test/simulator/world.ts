import { readMigrations } from '../../src/store/redis/setup/migration.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import type { RedisStores } from '../../src/store/redis/open.ts';
import type { Incident, OnIncident } from '../../src/store/redis/failover/incident.ts';
import { REDIS_DEFAULTS } from '../../src/store/redis/redis-settings.ts';
import type { RedisSettings } from '../../src/store/redis/redis-settings.ts';
import { randomFrom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { settingsForTests } from '../support/store-settings.ts';
import { connectIn } from './link/connect.ts';
import { LuaMachine } from './lua/machine.ts';
import { Network } from './network/network.ts';
import { SimulatedSentinel } from './sentinel/sentinel.ts';
import type { SentinelOptions } from './sentinel/options.ts';
import { SimulatedServer } from './server/simulated-server.ts';
import { Scheduler } from './time/scheduler.ts';
import type { Bounds } from './time/scheduler.ts';
import { SimulatedProcess } from './time/simulated-process.ts';

type SentinelTimes = Pick<SentinelOptions, 'downAfterMs' | 'failoverTimeoutMs'>;

/** Hears what a Sentinel publishes. */
type OnSentinelEvent = (sentinel: string, channel: string, text: string) => void;

/** One gateway's whole store, in a process of its own. */
export interface Gateway extends RedisStores {
  readonly process: SimulatedProcess;
  readonly incidents: readonly Incident[];
}

/**
 * One simulation: a time, a network, servers, and gateways' stores on them. The seed decides everything.
 *
 * Not simulated: a Cluster, TLS and ACL, memory that runs out, what is on disk, the time that a command or a transfer of
 * all data takes, a pipeline of which only half arrives, and Sentinels that find each other through the servers (they know
 * each other from the start).
 */
export class World {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  readonly #machine: LuaMachine;

  private constructor(machine: LuaMachine, seed: number, bounds: Partial<Bounds>) {
    this.#machine = machine;
    this.random = randomFrom(seed);
    this.scheduler = new Scheduler(seed, bounds);
    this.network = new Network(this.scheduler, this.random.fork());
  }

  /** Reads what is on disk before time begins: nothing in a simulation waits for a file. */
  static async create(seed: number, bounds: Partial<Bounds> = {}): Promise<World> {
    machine ??= LuaMachine.create();
    await readMigrations();
    return new World(await machine, seed, bounds);
  }

  /** @param name its machine's: an address, where Sentinels tell it to gateways, which look up everything else. */
  server(name: string): SimulatedServer {
    const { scheduler, network, random } = this;
    return new SimulatedServer({ scheduler, network, machine: this.#machine, random: random.fork(), name });
  }

  /** Three Sentinels over a master, with a majority of them as the quorum. */
  sentinels(
    masterName: string,
    master: SimulatedServer,
    times: SentinelTimes,
    onEvent: OnSentinelEvent = () => {},
  ): SimulatedSentinel[] {
    const { scheduler, network } = this;
    const names = ['10.0.1.1', '10.0.1.2', '10.0.1.3'];
    return names.map((name) => {
      const others = names.filter((other) => other !== name);
      const random = this.random.fork();
      const place = {
        scheduler,
        network,
        random,
        name,
        masterName,
        master: master.address,
        others,
        quorum: 2,
      };
      return new SimulatedSentinel({ ...place, ...times, onEvent: (...event) => onEvent(name, ...event) });
    });
  }

  /** Opens a store at an address that `SCANGATE_STORE` takes. */
  async gateway(
    name: string,
    url: string,
    settings: Partial<RedisSettings> = {},
    onIncident: OnIncident = () => {},
  ): Promise<Gateway> {
    const process = new SimulatedProcess(this.scheduler, name);
    const random = this.random.fork();
    const incidents: Incident[] = [];
    const stores = await openRedisStore({
      url,
      settings: { ...REDIS_DEFAULTS, ...settingsForTests, ...settings },
      migrate: true,
      time: process,
      random: random.next,
      randomText: () => Array.from({ length: 32 }, () => random.between(0, 15).toString(16)).join(''),
      connect: connectIn(this.network, process),
      onIncident: (incident) => {
        incidents.push(incident);
        onIncident(incident);
      },
    });
    return { ...stores, process, incidents };
  }
}

/** One for all simulations of a process: it takes a while to start, and keeps nothing. */
let machine: Promise<LuaMachine> | undefined;
