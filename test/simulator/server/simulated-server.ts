import type { Random } from '../../support/random.ts';
import type { LuaMachine } from '../lua/machine.ts';
import type { Network } from '../network/network.ts';
import type { Socket } from '../network/socket.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';
import { Engine } from './engine.ts';
import type { ReplicaMessage, Request } from './protocol.ts';
import { OK } from './reply.ts';
import type { Reply } from './reply.ts';
import { Replication } from './replication.ts';
import { Session, WAITS } from './session.ts';
import { WaitingReads } from './waiting-reads.ts';
import { Waits } from './waits.ts';

const PORT = 6379;
const TICK_MS = 1_000;
/** How often what has ended is let go of, in milliseconds. A read finds it gone at once. */
const EXPIRE_MS = 10_000;

const DEMOTED =
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)';

/** What a simulated server is made of. */
export interface ServerOptions {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly machine: LuaMachine;
  readonly random: Random;
  /** Of its machine. */
  readonly name: string;
}

/** A Redis server of a simulation, in a process of its own on a machine of its own. */
export class SimulatedServer {
  readonly process: SimulatedProcess;
  readonly address: string;
  readonly engine: Engine;
  readonly replication: Replication;
  readonly #network: Network;
  readonly #reads: WaitingReads;
  readonly #waits: Waits;
  readonly #sessions = new Set<Session>();

  constructor({ scheduler, network, machine, random, name }: ServerOptions) {
    this.process = new SimulatedProcess(scheduler, name);
    this.address = `${name}:${PORT}`;
    this.#network = network;
    this.engine = new Engine({
      machine,
      clock: () => this.process.preciseNow(),
      replicationId: () => this.replication.replicationId,
      onEffects: (effects) => {
        this.replication.tell(effects);
        this.#reads.written(effects);
      },
    });
    const ids = random.fork();
    this.replication = new Replication({
      process: this.process,
      network,
      address: this.address,
      engine: this.engine,
      randomId: () => Array.from({ length: 40 }, () => ids.between(0, 15).toString(16)).join(''),
      onAck: () => this.#waits.look(),
      onApplied: (effects) => {
        this.#reads.written(effects);
        this.#reads.wake();
      },
    });
    this.#reads = new WaitingReads(this.process, this.engine);
    this.#waits = new Waits(this.process, this.replication);
    network.listen(this.address, this.process, (socket) => this.#accept(socket));
    this.#beginLife();
  }

  /** Makes it follow a master, as `REPLICAOF` does. Those who waited for something are sent away. */
  follow(address: string): void {
    this.#reads.endAll(DEMOTED);
    this.#waits.endAll(DEMOTED);
    this.replication.follow(address);
  }

  /** Makes it a master, as `REPLICAOF NO ONE` does. */
  promote(): void {
    this.replication.promote();
  }

  /** Ends the process at once. */
  kill(): void {
    this.#network.kill(this.process);
  }

  /** Takes its machine away. */
  unplug(): void {
    this.#network.unplug(this.process);
  }

  /** Starts a new process where one was killed, as a master, with the data of before or with nothing. */
  restart(data: 'kept' | 'empty'): void {
    this.#network.revive(this.process);
    if (data === 'empty') this.engine.empty();
    this.replication.restart();
    this.#reads.forgetAll();
    this.#waits.forgetAll();
    this.#sessions.clear();
    this.#beginLife();
  }

  /** Closes its other clients' connections, as `CLIENT KILL TYPE normal` does. */
  #killClients(asking: Session): void {
    for (const session of this.#sessions) {
      if (session === asking) continue;
      session.close();
      this.#sessions.delete(session);
    }
  }

  #beginLife(): void {
    this.#every(TICK_MS, () => this.replication.tick());
    this.#every(EXPIRE_MS, () => !this.engine.isReplica && this.engine.expire());
  }

  #every(ms: number, call: () => void): void {
    this.process.after(ms, () => {
      call();
      this.#every(ms, call);
    });
  }

  #accept(socket: Socket): void {
    const session = new Session(socket, (asking, args) => this.#execute(asking, args));
    socket.onMessage = (message) => {
      const said = message as Request | ReplicaMessage;
      if (said.kind === 'request') session.receive(said);
      else {
        this.#sessions.delete(session);
        this.replication.attach(socket, said);
      }
    };
    socket.onClose = () => {
      this.#sessions.delete(session);
      this.#reads.forget(session);
      this.#waits.forget(session);
    };
    this.#sessions.add(session);
  }

  #execute(session: Session, args: readonly string[]): Reply | typeof WAITS {
    const reply = this.#carryOut(session, args);
    if (args[0]?.toUpperCase() !== 'WAIT') session.offset = this.replication.offset;
    if (reply !== WAITS) this.#reads.wake();
    return reply;
  }

  #carryOut(session: Session, args: readonly string[]): Reply | typeof WAITS {
    const [name = '', first = '', second = ''] = args;
    switch (name.toUpperCase()) {
      case 'PING':
        return { status: 'PONG' };
      case 'SELECT':
        return OK;
      case 'XREAD':
        return this.#reads.read(session, args.slice(1));
      case 'WAIT':
        return this.#waits.wait(session, args.slice(1));
      case 'INFO':
        return this.#info(first.toLowerCase());
      case 'CLIENT':
        this.#killClients(session);
        return OK;
      case 'ROLE':
        return this.replication.role();
      case 'REPLICAOF':
        if (first.toUpperCase() === 'NO') this.promote();
        else this.follow(`${first}:${second}`);
        return OK;
      default:
        return this.engine.run(args);
    }
  }

  #info(section: string): string {
    const lines = section === 'replication' ? [] : ['redis_version:7.0.15', 'maxmemory_policy:noeviction'];
    return ['# Replication', ...lines, ...this.replication.lines(), ''].join('\r\n');
  }
}
