import type { Request } from '../server/protocol.ts';
import { Session } from '../server/session.ts';
import type { Reply } from '../server/reply.ts';
import { SimulatedProcess } from '../time/simulated-process.ts';
import { FailoverAttempt } from './failover-attempt.ts';
import type { Attempting } from './failover-attempt.ts';
import type { SentinelOptions } from './options.ts';
import { describeMaster, describeReplica, describeSentinel } from './descriptions.ts';
import { Votes } from './votes.ts';
import { Watched } from './watched.ts';

const PORT = 26379;
const TICK_MS: readonly [number, number] = [50, 100];
const INFO_PERIOD_MS = 10_000;
const INFO_PERIOD_BUSY_MS = 1_000;
const HELLO_PERIOD_MS = 2_000;
const ASK_PERIOD_MS = 1_000;
/** How long a server may say that it is something else than what the Sentinels made it, before it is made to. */
const PATIENCE_MS = 4 * HELLO_PERIOD_MS;
const DESYNC_MAX_MS = 1_000;

/** A Sentinel of a simulation, in a process of its own. */
export class SimulatedSentinel implements Attempting {
  readonly process: SimulatedProcess;
  readonly address: string;
  readonly options: SentinelOptions;
  others: readonly Watched[];
  readonly votes = new Votes();
  master: Watched;
  replicas: Watched[] = [];
  /** The epoch of the configuration that it has. */
  configEpoch = 0;
  #isAgreedDown = false;
  #attempt: FailoverAttempt | undefined;
  #attemptedAt = -Infinity;
  #helloAt = -Infinity;
  #askedAt = -Infinity;
  readonly #saidDown = new Map<Watched, number>();
  readonly #subscribers = new Set<Session>();

  constructor(options: SentinelOptions) {
    const { scheduler, network, name, master, others } = options;
    this.options = options;
    this.process = new SimulatedProcess(scheduler, name);
    this.address = `${name}:${PORT}`;
    this.master = this.watch(master);
    this.others = others.map((other) => this.watch(`${other}:${PORT}`));
    network.listen(this.address, this.process, (socket) => {
      const session = new Session(socket, (asking, args) => this.#answer(asking, args));
      socket.onMessage = (message) => session.receive(message as Request);
      socket.onClose = () => this.#subscribers.delete(session);
    });
    this.#tickLater();
  }

  /** The master as it tells clients: the chosen one as soon as that is one. */
  get currentMaster(): string {
    return this.#attempt?.promoted ?? this.master.address;
  }

  watch(address: string): Watched {
    const { network, downAfterMs } = this.options;
    return new Watched({ process: this.process, network, address, downAfterMs });
  }

  /**
   * Starts its process anew where it was killed, with what its configuration file keeps: whom it watches, the newest
   * epoch, in which one it voted last, and which configuration it has.
   */
  restart(): void {
    if (this.process.isAlive) return;
    const master = this.currentMaster;
    const replicas = [this.master, ...this.replicas].filter(({ address }) => address !== master);
    this.options.network.revive(this.process);
    this.votes.restart();
    this.master = this.watch(master);
    this.replicas = replicas.map(({ address }) => this.watch(address));
    this.others = this.others.map(({ address }) => this.watch(address));
    this.#attempt = undefined;
    this.#isAgreedDown = false;
    this.#attemptedAt = this.#helloAt = this.#askedAt = -Infinity;
    this.#saidDown.clear();
    this.#subscribers.clear();
    this.#tickLater();
  }

  publish(channel: string, text: string): void {
    this.options.onEvent?.(channel, text);
    for (const session of this.#subscribers) if (session.isOpen) session.publish(channel, text);
  }

  now(): number {
    return this.process.now();
  }

  /** The replica that it chose is a master: the others are told at once. */
  promoted(epoch: number): void {
    this.configEpoch = epoch;
    this.#helloAt = -Infinity;
  }

  /** Takes another master for the master from now on; the old one is one of its replicas. */
  switchTo(address: string): void {
    const old = this.master;
    const known = [old, ...this.replicas];
    for (const watched of known) watched.close();
    // It looks at everyone anew, and has to find out again what they say that they are.
    this.replicas = known.filter((one) => one.address !== address).map((one) => this.watch(one.address));
    this.master = this.watch(address);
    this.#isAgreedDown = false;
    this.#attempt = undefined;
    const { masterName } = this.options;
    this.publish('+switch-master', [masterName, ...old.address.split(':'), ...address.split(':')].join(' '));
  }

  /** A planned move: `SENTINEL FAILOVER`. */
  failover(): void {
    this.#begin(true);
  }

  abort(): void {
    this.#attempt = undefined;
  }

  #tickLater(): void {
    const [least, most] = TICK_MS;
    this.process.after(least + this.options.random.next() * (most - least), () => {
      this.#tick();
      this.#tickLater();
    });
  }

  #tick(): void {
    for (const watched of [this.master, ...this.replicas, ...this.others]) this.#look(watched);
    this.#agree();
    if (this.#isAgreedDown && this.#attempt === undefined) this.#beginIfDue();
    this.#attempt?.tick();
    if (this.process.now() - this.#helloAt > HELLO_PERIOD_MS) this.#sayHello();
  }

  #look(watched: Watched): void {
    const turned = watched.tick(watched === this.master);
    if (turned !== undefined) this.publish(turned === 'down' ? '+sdown' : '-sdown', watched.address);
    if (this.others.includes(watched)) return;
    const isBusy = this.#isAgreedDown || this.#attempt !== undefined;
    const isHurried = watched !== this.master && (isBusy || watched.info['master_link_status'] === 'down');
    void watched.askInfo(isHurried ? INFO_PERIOD_BUSY_MS : INFO_PERIOD_MS, () => this.#learn(watched));
  }

  #learn(watched: Watched): void {
    const { info } = watched;
    if (watched === this.master && info['role'] === 'master') this.#findReplicas(info);
    if (watched === this.master) return;
    if (this.#attempt?.learn(watched) === true) return;
    const isMasterSane = this.master.downSince === undefined && this.master.info['role'] === 'master';
    const isPatient = this.process.now() - watched.roleSince <= PATIENCE_MS;
    if (!isMasterSane || isPatient || this.#attempt !== undefined) return;
    if (info['role'] === 'master') {
      this.publish('+convert-to-slave', watched.address);
      this.makeFollow(watched, this.master.address);
    } else if (`${info['master_host']}:${info['master_port']}` !== this.master.address) {
      this.publish('+fix-slave-config', watched.address);
      this.makeFollow(watched, this.master.address);
    }
  }

  /** Makes a server follow a master, or be one, and sends its clients away. */
  makeFollow(watched: Watched, address: string | undefined): void {
    const [host, port] = address?.split(':') ?? ['NO', 'ONE'];
    void watched.send(['REPLICAOF', host as string, port as string]);
    void watched.send(['CLIENT', 'KILL', 'TYPE', 'normal']);
  }

  #findReplicas(info: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(info)) {
      const found = /^slave\d+$/.test(name) ? /ip=([^,]+),port=(\d+)/.exec(text) : null;
      const address = `${found?.[1]}:${found?.[2]}`;
      if (found === null || this.replicas.some((replica) => replica.address === address)) continue;
      this.replicas.push(this.watch(address));
      this.publish('+slave', address);
    }
  }

  #agree(): void {
    const { quorum } = this.options;
    if (this.master.downSince !== undefined) this.#askOthers(false);
    const now = this.process.now();
    const agreeing = [...this.#saidDown.values()].filter((at) => now - at < 5 * ASK_PERIOD_MS).length;
    const isAgreed = this.master.downSince !== undefined && agreeing + 1 >= quorum;
    if (isAgreed === this.#isAgreedDown) return;
    this.#isAgreedDown = isAgreed;
    this.publish(isAgreed ? '+odown' : '-odown', this.master.address);
  }

  /** Asks the other Sentinels whether the master is down, and for their votes where a failover began. */
  #askOthers(forced: boolean): void {
    const now = this.process.now();
    if (!forced && now - this.#askedAt < ASK_PERIOD_MS) return;
    this.#askedAt = now;
    const runs = this.#attempt?.runs === true;
    const request = [...this.master.address.split(':'), this.votes.epoch, runs ? this.options.name : '*'];
    for (const other of this.others) {
      if (other.isConnected) void this.#askOther(other, request);
    }
  }

  async #askOther(other: Watched, request: readonly (string | number)[]): Promise<void> {
    const reply = await other.send(['SENTINEL', 'IS-MASTER-DOWN-BY-ADDR', ...request]);
    if (!Array.isArray(reply)) return;
    const [isDown, leader, epoch] = reply as [number, string, number];
    if (isDown === 1) this.#saidDown.set(other, this.now());
    else this.#saidDown.delete(other);
    if (leader !== '*') this.#attempt?.voted(other.address, leader, epoch);
  }

  #beginIfDue(): void {
    if (this.process.now() - this.#attemptedAt > 2 * this.options.failoverTimeoutMs) this.#begin(false);
  }

  #begin(planned: boolean): void {
    if (this.#attempt !== undefined) return;
    const epoch = this.votes.raise();
    this.#attemptedAt = this.process.now() + this.options.random.next() * DESYNC_MAX_MS;
    this.publish('+new-epoch', String(epoch));
    this.publish('+try-failover', this.master.address);
    this.#attempt = new FailoverAttempt(this, epoch, planned);
    if (!planned) this.#askOthers(true);
  }

  #sayHello(): void {
    this.#helloAt = this.process.now();
    const epoch = this.#attempt?.promoted === undefined ? this.configEpoch : this.#attempt.epoch;
    const hello = [this.address, this.votes.epoch, this.currentMaster, epoch].join(',');
    for (const other of this.others) void other.send(['PUBLISH', '__sentinel__:hello', hello]);
  }

  #hear(hello: string): void {
    const [from = '', epoch = '', master = '', configEpoch = ''] = hello.split(',');
    if (this.votes.learn(Number(epoch))) this.publish('+new-epoch', epoch);
    if (Number(configEpoch) <= this.configEpoch) return;
    this.configEpoch = Number(configEpoch);
    if (master === this.master.address) return;
    this.publish('+config-update-from', from);
    this.switchTo(master);
  }

  #answer(session: Session, args: readonly string[]): Reply {
    const [name = '', word = '', ...rest] = args;
    switch (`${name} ${name.toUpperCase() === 'SENTINEL' ? word : ''}`.trim().toUpperCase()) {
      case 'PING':
        return { status: 'PONG' };
      case 'INFO':
        return 'redis_mode:sentinel\r\n';
      case 'SUBSCRIBE':
        this.#subscribers.add(session);
        return ['subscribe', word, 1];
      case 'PUBLISH':
        this.#hear(rest[0] ?? '');
        return 1;
      case 'SENTINEL GET-MASTER-ADDR-BY-NAME':
        return rest[0] === this.options.masterName ? this.currentMaster.split(':') : null;
      case 'SENTINEL MYID':
        return this.options.name;
      case 'SENTINEL MASTER':
        return describeMaster(this.master, {
          isAgreedDown: this.#isAgreedDown,
          configEpoch: this.configEpoch,
          otherSentinels: this.others.length,
        });
      case 'SENTINEL REPLICAS':
        return this.replicas.map(describeReplica);
      case 'SENTINEL SENTINELS':
        return this.others.map(describeSentinel);
      case 'SENTINEL FAILOVER':
        this.failover();
        return { status: 'OK' };
      case 'SENTINEL IS-MASTER-DOWN-BY-ADDR':
        return this.#isDownByAddress(rest);
      default:
        return { error: `ERR unknown command '${name} ${word}'` };
    }
  }

  #isDownByAddress([host, port, epoch, candidate = '*']: readonly string[]): Reply {
    const isDown = `${host}:${port}` === this.master.address && this.master.downSince !== undefined;
    const raised = this.votes.epoch;
    const vote = candidate === '*' ? undefined : this.votes.vote(candidate, Number(epoch));
    if (this.votes.epoch > raised) this.publish('+new-epoch', String(epoch));
    if (vote?.isNew === true) {
      this.publish('+vote-for-leader', vote.leader);
      if (vote.leader !== this.options.name) {
        this.#attemptedAt = this.process.now() + this.options.random.next() * DESYNC_MAX_MS;
      }
    }
    return [isDown ? 1 : 0, vote?.leader ?? '*', vote?.epoch ?? 0];
  }
}
