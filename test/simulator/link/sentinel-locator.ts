import type { RedisAddress } from '../../../src/store/redis/connection/address.ts';
import type { Network } from '../network/network.ts';
import type { SimulatedProcess } from '../time/simulated-process.ts';
import { ClientSocket } from './client-socket.ts';

const ASK_TIMEOUT_MS = 1_500;
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 200;

/** Finds the master that Sentinels name, and hears when they name another: ioredis' connector and failover detector. */
export class SentinelLocator {
  readonly #process: SimulatedProcess;
  readonly #network: Network;
  readonly #name: string;
  /** The one that answered last is asked first. */
  #sentinels: string[];
  #failures = 0;
  #listening: ClientSocket[] = [];
  #isListening = false;

  constructor(process: SimulatedProcess, network: Network, { endpoints, masterName = '' }: RedisAddress) {
    this.#process = process;
    this.#network = network;
    this.#name = masterName;
    this.#sentinels = endpoints.map(({ host, port }) => `${host}:${port}`);
  }

  /** Asks one Sentinel after the other. @throws Error where none names a master. */
  async locate(): Promise<string> {
    for (const sentinel of this.#sentinels) {
      const address = await this.#ask(sentinel);
      if (address === undefined) continue;
      this.#failures = 0;
      this.#sentinels = [sentinel, ...this.#sentinels.filter((other) => other !== sentinel)];
      return address;
    }
    this.#failures++;
    const delayMs = Math.min(RETRY_MIN_MS * this.#failures, RETRY_MAX_MS);
    await new Promise<void>((resolve) => this.#process.after(delayMs, resolve));
    throw new Error('All sentinels are unreachable');
  }

  /** The Sentinel that was asked named a server that is no master: another one is asked next. */
  doubt(): void {
    this.#sentinels.push(...this.#sentinels.splice(0, 1));
  }

  /** Listens at all Sentinels until `ignore`. */
  listen(onSwitch: () => void): void {
    this.ignore();
    this.#isListening = true;
    this.#listening = this.#sentinels.map((sentinel, i) => this.#subscribe(sentinel, i, onSwitch));
  }

  ignore(): void {
    this.#isListening = false;
    for (const socket of this.#listening.splice(0)) socket.end();
  }

  #subscribe(sentinel: string, place: number, onSwitch: () => void): ClientSocket {
    const socket: ClientSocket = new ClientSocket(this.#process, this.#network, sentinel, {
      onOpen: () => void socket.send(['SUBSCRIBE', '+switch-master']).catch(() => {}),
      onClose: () => {
        this.#process.after(RETRY_MAX_MS, () => {
          if (!this.#isListening || this.#listening[place] !== socket) return;
          this.#listening[place] = this.#subscribe(sentinel, place, onSwitch);
        });
      },
      onErrorReply: () => {},
      onPublished: (channel, text) => {
        if (channel === '+switch-master' && text.startsWith(`${this.#name} `)) onSwitch();
      },
    });
    return socket;
  }

  /** What one Sentinel answers within its time; undefined where it does not. */
  async #ask(sentinel: string): Promise<string | undefined> {
    let socket: ClientSocket | undefined;
    const opened = new Promise<boolean>((resolve) => {
      socket = new ClientSocket(this.#process, this.#network, sentinel, {
        onOpen: () => resolve(true),
        onClose: () => resolve(false),
        onErrorReply: () => {},
        onPublished: () => {},
      });
      this.#process.after(ASK_TIMEOUT_MS, () => {
        resolve(false);
        socket?.end();
      });
    });
    if (!(await opened)) return undefined;
    const reply = await socket?.send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#name]).catch(() => null);
    socket?.end();
    return Array.isArray(reply) ? reply.join(':') : undefined;
  }
}
