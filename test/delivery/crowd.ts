import { createParser } from 'eventsource-parser';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { at, endsWatch } from '../support/signin.ts';
import type { Minted, Notice } from '../support/signin.ts';
import { TRANSPORTS } from '../support/watching.ts';
import type { TransportName } from '../support/watching.ts';

/** How one connection of a crowd ended, and when. */
export interface Ending {
  readonly atMs: number;
  /** `end`, `204`, a close code, or what went wrong. */
  readonly how: string;
  readonly askedToComeBackInMs: number | undefined;
}

/** One browser among thousands: as little as can wait, and come back with its cursor when it is told to. */
export class Waiting {
  readonly transport: TransportName;
  readonly ticket: Minted;
  readonly told: Notice[] = [];
  /** When each connection was open: its headers or its handshake came. */
  readonly openedAtMs: number[] = [];
  readonly endings: Ending[] = [];
  readonly #base: () => string;
  #retryMs: number | undefined;
  #close: () => void = () => {};
  #stopped = false;

  /** @param base asked at each connection. */
  constructor(transport: TransportName, ticket: Minted, base: () => string) {
    this.transport = transport;
    this.ticket = ticket;
    this.#base = base;
    void this.#run();
  }

  get over(): boolean {
    const last = this.told.at(-1);
    return last !== undefined && endsWatch(last.status);
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
  }

  async #run(): Promise<void> {
    while (!this.#stopped && !this.over) {
      this.#retryMs = undefined;
      const how = await this.#connect().catch((error: Error) => error.message);
      if (this.#stopped) return;
      this.endings.push({ atMs: performance.now(), how, askedToComeBackInMs: this.#retryMs });
      const polled = how === '200' || how === '204';
      if (!polled) await sleep(this.#retryMs ?? 50 + Math.random() * 100);
    }
  }

  #connect(): Promise<string> {
    if (this.transport === 'socket') return this.#socket();
    return this.transport === 'events' ? this.#stream() : this.#poll();
  }

  #hear(notice: Notice): void {
    this.told.push(notice);
  }

  #ask(url: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asking = request(url, { agent: false, headers: { ...this.ticket.secretHeaders, ...headers } });
      this.#close = () => asking.destroy();
      asking.on('error', reject);
      asking.on('response', (response) => {
        this.openedAtMs.push(performance.now());
        resolve(response);
      });
      asking.end();
    });
  }

  async #stream(): Promise<string> {
    const after = this.told.at(-1)?.cursor;
    const response = await this.#ask(
      at(this.#base(), this.ticket.links.events),
      after === undefined ? {} : { 'last-event-id': after },
    );
    const parser = createParser({
      onEvent: ({ data }) => this.#hear(JSON.parse(data) as Notice),
      onRetry: (ms) => (this.#retryMs = ms),
    });
    response.setEncoding('utf8');
    for await (const text of response) parser.feed(text as string);
    return response.statusCode === 200 ? 'end' : String(response.statusCode);
  }

  async #poll(): Promise<string> {
    const url = new URL(at(this.#base(), this.ticket.links.poll));
    const after = this.told.at(-1)?.cursor;
    if (after !== undefined) url.searchParams.set('after', after);
    const response = await this.#ask(url.href, {});
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response) text += chunk as string;
    if (response.statusCode === 200) this.#hear(JSON.parse(text) as Notice);
    return String(response.statusCode);
  }

  #socket(): Promise<string> {
    const url = new URL(at(this.#base(), this.ticket.links.socket));
    url.protocol = 'ws:';
    const after = this.told.at(-1)?.cursor;
    if (after !== undefined) url.searchParams.set('after', after);
    const socket = new WebSocket(url, 'scangate.v1', { headers: this.ticket.secretHeaders });
    this.#close = () => socket.terminate();
    return new Promise((resolve, reject) => {
      socket.on('open', () => this.openedAtMs.push(performance.now()));
      socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString('utf8')) as Notice));
      socket.on('error', reject);
      socket.on('close', (code, reason) => {
        if (reason.length > 0) {
          const { retry_after_ms: ms } = JSON.parse(reason.toString('utf8')) as { retry_after_ms: number };
          this.#retryMs = ms;
        }
        resolve(String(code));
      });
    });
  }
}

/** So many browsers, evenly over the tickets and the transports. */
export function crowd(
  count: number,
  tickets: readonly Minted[],
  base: () => string,
  transports: readonly TransportName[] = TRANSPORTS,
): readonly Waiting[] {
  return Array.from(
    { length: count },
    (_, index) =>
      new Waiting(
        transports[index % transports.length]!,
        tickets[Math.floor(index / transports.length) % tickets.length]!,
        base,
      ),
  );
}
