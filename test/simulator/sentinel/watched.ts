import { fieldsOf } from '../../support/ask.ts';
import { ClientSocket } from '../link/client-socket.ts';
import type { Network } from '../network/network.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';

const PING_PERIOD_MS = 1_000;
const RECONNECT_PERIOD_MS = 1_000;
const LINK_AGE_MIN_MS = 15_000;
/** How much longer than it may be silent a master may say that it is a replica: two periods of INFO. */
const ROLE_GRACE_MS = 20_000;

/** What watching one server needs. */
export interface WatchedOptions {
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly address: string;
  readonly downAfterMs: number;
}

type Info = Readonly<Record<string, string>>;

/** One server or other Sentinel as a Sentinel sees it: whether it answers, and what it says of itself. */
export class Watched {
  readonly address: string;
  /** Since when it is down in this Sentinel's own eyes. */
  downSince: number | undefined;
  /** Its last `INFO replication`. */
  info: Info = {};
  infoAt = -Infinity;
  /** Since when it says that it has its role. */
  roleSince: number;
  readonly #options: WatchedOptions;
  #socket: ClientSocket | undefined;
  #connectedAt = 0;
  #triedAt = -Infinity;
  #pingAt: number | undefined;
  #lastPingAt = -Infinity;
  #pongAt: number;
  #askedAt = -Infinity;

  constructor(options: WatchedOptions) {
    this.address = options.address;
    this.#options = options;
    this.#pongAt = options.process.now();
    this.roleSince = this.#pongAt;
    this.#connect();
  }

  get isConnected(): boolean {
    return this.#socket?.isWritable === true;
  }

  /** When it last answered. */
  get availableAt(): number {
    return this.#pongAt;
  }

  get offset(): number {
    return Number(this.info['slave_repl_offset'] ?? this.info['master_repl_offset'] ?? 0);
  }

  /**
   * Keeps the connection, and pings.
   *
   * @param isMaster whether it is the master in this Sentinel's eyes. Such a one is down also where it goes on to say
   *   that it is a replica (`sentinelCheckSubjectivelyDown` in Redis' `sentinel.c`).
   * @returns whether it went down or came back just now.
   */
  tick(isMaster: boolean): 'down' | 'up' | undefined {
    this.#keepConnected();
    const now = this.#options.process.now();
    const period = Math.min(PING_PERIOD_MS, this.#options.downAfterMs);
    if (this.isConnected && now - this.#pongAt > period && now - this.#lastPingAt > period / 2)
      void this.#ping();
    return this.#judge(isMaster);
  }

  /** Asks for `INFO replication` where the last one is older than that. */
  async askInfo(periodMs: number, onInfo: () => void): Promise<void> {
    const now = this.#options.process.now();
    if (!this.isConnected || now - this.infoAt <= periodMs || now - this.#askedAt <= periodMs) return;
    this.#askedAt = now;
    const text = await this.send(['INFO', 'replication']);
    if (typeof text !== 'string') return;
    const before = this.info['role'];
    this.info = fieldsOf(text);
    this.infoAt = this.#options.process.now();
    if (before !== this.info['role']) this.roleSince = this.infoAt;
    onInfo();
  }

  /** Sends one command; undefined where it failed. */
  send(args: readonly (string | number)[]): Promise<unknown> {
    return this.#socket?.send(args).catch(() => undefined) ?? Promise.resolve(undefined);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.end();
  }

  #keepConnected(): void {
    const { process, downAfterMs } = this.#options;
    const now = process.now();
    const waits = this.#pingAt !== undefined && now - this.#pingAt > downAfterMs / 2;
    const isStale =
      waits && now - this.#connectedAt > LINK_AGE_MIN_MS && now - this.#pongAt > downAfterMs / 2;
    if (isStale) this.close();
    if (this.#socket === undefined && now - this.#triedAt >= RECONNECT_PERIOD_MS) this.#connect();
  }

  #connect(): void {
    const { process, network, address } = this.#options;
    this.#triedAt = process.now();
    // Its ping counts from here, whether or not there is a server to take it.
    this.#pingAt ??= this.#triedAt;
    const socket: ClientSocket = new ClientSocket(process, network, address, {
      onOpen: () => {
        this.#connectedAt = process.now();
        void this.#ping();
      },
      onClose: () => {
        if (this.#socket === socket) this.#socket = undefined;
      },
      onErrorReply: () => {},
      onPublished: () => {},
      isPatient: true,
    });
    this.#socket = socket;
  }

  async #ping(): Promise<void> {
    const { process } = this.#options;
    this.#lastPingAt = process.now();
    this.#pingAt ??= this.#lastPingAt;
    if ((await this.send(['PING'])) === undefined) return;
    this.#pongAt = process.now();
    this.#pingAt = undefined;
  }

  #judge(isMaster: boolean): 'down' | 'up' | undefined {
    const { process, downAfterMs } = this.#options;
    const now = process.now();
    const since = this.#pingAt ?? (this.isConnected ? now : this.#pongAt);
    const isWrong =
      isMaster && this.info['role'] === 'slave' && now - this.roleSince > downAfterMs + ROLE_GRACE_MS;
    const isDown = isWrong || now - since > downAfterMs;
    if (isDown === (this.downSince !== undefined)) return undefined;
    this.downSince = isDown ? now : undefined;
    return isDown ? 'down' : 'up';
  }
}
