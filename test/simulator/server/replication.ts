import type { Network } from '../network/network.ts';
import type { Socket } from '../network/socket.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { Backlog } from './backlog.ts';
import type { Effect, Engine } from './engine.ts';
import { MasterLink } from './master-link.ts';
import type { MasterMessage, ReplicaMessage, StreamPart } from './protocol.ts';
import { Replicas } from './replicas.ts';
import type { Reply } from './reply.ts';

const PING_BYTES = 14;
const GETACK_BYTES = 37;
const PING_EVERY_MS = 10_000;

/** What one server's replication stands on. */
export interface ReplicationOptions {
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly address: string;
  readonly engine: Engine;
  /** A fresh name of a history. */
  readonly randomId: () => string;
  /** Hears that a replica has got further. */
  readonly onAck: () => void;
  /** Hears what the server did because its master did it. */
  readonly onApplied: (effects: readonly Effect[]) => void;
}

/** Whose history a server has, and who follows it or whom it follows. */
export class Replication {
  readonly replicas: Replicas;
  readonly #options: ReplicationOptions;
  readonly #backlog = new Backlog();
  #replicationId: string;
  /** The history before the promotion, and up to where it is the same one. */
  #before = { replicationId: '0'.repeat(40), end: -1 };
  #offset = 0;
  #master: MasterLink | undefined;
  #pingedAt = 0;

  constructor(options: ReplicationOptions) {
    this.#options = options;
    this.#replicationId = options.randomId();
    this.replicas = new Replicas(() => options.process.now(), options.onAck);
  }

  get replicationId(): string {
    return this.#replicationId;
  }

  get offset(): number {
    return this.#offset;
  }

  get isMaster(): boolean {
    return this.#master === undefined;
  }

  get masterAddress(): string | undefined {
    return this.#master?.address;
  }

  /** Adds what a command of a client did to the stream. */
  tell(effects: readonly Effect[]): void {
    this.#append(bytesOf(effects), effects, false);
  }

  /** Asks the replicas how far they are. */
  ask(): void {
    if (this.replicas.count > 0) this.#append(GETACK_BYTES, [], true);
  }

  /** Becomes a master, with a history of its own from here on. */
  promote(): void {
    if (this.isMaster) return;
    this.#master?.close();
    this.#master = undefined;
    this.#options.engine.isReplica = false;
    this.#before = { replicationId: this.#replicationId, end: this.#offset };
    this.#replicationId = this.#options.randomId();
    this.replicas.dropAll();
  }

  /** Follows a master. Its own history may be the beginning of that one's. */
  follow(address: string): void {
    if (this.#master?.address === address) return;
    this.#master?.close();
    this.#options.engine.isReplica = true;
    const { process, network } = this.#options;
    this.#master = new MasterLink({
      process,
      network,
      address,
      ownAddress: this.#options.address,
      position: () => ({ replicationId: this.#replicationId, offset: this.#offset }),
      onMessage: (message) => this.#heard(message),
    });
  }

  /** A replica's first word on a connection. */
  attach(socket: Socket, message: ReplicaMessage): void {
    if (message.kind === 'ack') return this.replicas.acknowledged(socket, message.offset);
    if (this.#master !== undefined && !this.#master.isUp) return socket.send({ kind: 'refused' });
    socket.onClose = () => this.replicas.detach(socket);
    const parts = this.#missing(message.replicationId, message.offset - 1);
    const answer: MasterMessage =
      parts === undefined
        ? {
            kind: 'full',
            replicationId: this.#replicationId,
            offset: this.#offset,
            snapshot: this.#options.engine.snapshot(),
          }
        : { kind: 'continue', replicationId: this.#replicationId };
    socket.send(answer);
    this.replicas.attach(
      socket,
      message.address,
      parts !== undefined,
      parts === undefined ? 0 : message.offset - 1,
    );
    for (const part of parts ?? []) socket.send({ kind: 'stream', part });
  }

  /** What a server does once a second. */
  tick(): void {
    this.replicas.dropSilent();
    this.#master?.tick();
    const now = this.#options.process.now();
    if (!this.isMaster || this.replicas.count === 0 || now - this.#pingedAt < PING_EVERY_MS) return;
    this.#pingedAt = now;
    this.#append(PING_BYTES, [], false);
  }

  /** A new process: nobody follows it, and its history has a new name. */
  restart(): void {
    this.#master?.close();
    this.#master = undefined;
    this.#options.engine.isReplica = false;
    this.#replicationId = this.#options.randomId();
    this.#before = { replicationId: '0'.repeat(40), end: -1 };
    this.#offset = 0;
    this.#backlog.clear();
    this.replicas.dropAll();
  }

  /** The lines of `INFO replication`. */
  lines(): string[] {
    const following = this.#master;
    const [host, port] = following?.address.split(':') ?? [];
    const master =
      following === undefined
        ? []
        : [
            `master_host:${host}`,
            `master_port:${port}`,
            `master_link_status:${following.isUp ? 'up' : 'down'}`,
            `master_last_io_seconds_ago:${following.secondsSilent}`,
            `master_link_down_since_seconds:${following.secondsDown}`,
            `slave_repl_offset:${this.#offset}`,
            'slave_priority:100',
          ];
    return [
      `role:${this.isMaster ? 'master' : 'slave'}`,
      ...master,
      `connected_slaves:${this.replicas.count}`,
      ...this.replicas.lines(),
      `master_replid:${this.#replicationId}`,
      `master_replid2:${this.#before.replicationId}`,
      `master_repl_offset:${this.#offset}`,
      `second_repl_offset:${this.#before.end < 0 ? -1 : this.#before.end + 1}`,
    ];
  }

  role(): Reply {
    const following = this.#master;
    if (following === undefined) return ['master', this.#offset, this.replicas.roles()];
    const [host = '', port = ''] = following.address.split(':');
    return ['slave', host, Number(port), following.isUp ? 'connected' : 'connect', this.#offset];
  }

  #append(bytes: number, effects: readonly Effect[], asks: boolean): void {
    this.#pass({ end: this.#offset + bytes, bytes, effects, asks });
  }

  #pass(part: StreamPart): void {
    this.#offset = part.end;
    this.#backlog.add(part);
    this.replicas.send(part);
  }

  /** What a replica with this position lacks; undefined where it has to take everything anew. */
  #missing(replicationId: string, offset: number): readonly StreamPart[] | undefined {
    const isOurs = replicationId === this.#replicationId && offset <= this.#offset;
    const wasOurs = replicationId === this.#before.replicationId && offset <= this.#before.end;
    return isOurs || wasOurs ? this.#backlog.after(offset, this.#offset) : undefined;
  }

  #heard(message: MasterMessage): void {
    const { engine, onApplied } = this.#options;
    switch (message.kind) {
      case 'full':
        this.replicas.dropAll();
        this.#backlog.clear();
        engine.restore(message.snapshot);
        this.#replicationId = message.replicationId;
        this.#before = { replicationId: '0'.repeat(40), end: -1 };
        this.#offset = message.offset;
        this.#master?.acknowledge(this.#offset);
        break;
      case 'continue':
        if (message.replicationId === this.#replicationId) break;
        this.#before = { replicationId: this.#replicationId, end: this.#offset };
        this.#replicationId = message.replicationId;
        this.replicas.dropAll();
        break;
      case 'stream':
        for (const effect of message.part.effects) engine.apply(effect);
        this.#pass(message.part);
        if (message.part.asks) this.#master?.acknowledge(this.#offset);
        onApplied(message.part.effects);
        break;
      case 'refused':
        break;
    }
  }
}

/** As RESP writes them; several in one transaction. */
function bytesOf(effects: readonly Effect[]): number {
  const size = (text: string): number => 5 + String(text.length).length + text.length;
  const sizes = effects.map((effect) => effect.reduce((sum, text) => sum + size(text), 4));
  const transaction = effects.length > 1 ? 15 + 14 : 0;
  return sizes.reduce((sum, bytes) => sum + bytes, transaction);
}
