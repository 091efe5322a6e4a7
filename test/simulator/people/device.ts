import { ticketSubject } from '../../../src/store/subject.ts';
import type { Cursor } from '../../../src/ticket/cursor.ts';
import { ScangateError } from '../../../src/ticket/error.ts';
import { SubjectWatch } from '../../../src/watch/watch-subject.ts';
import type { Outcome, Status, TicketCommand } from '../../history/history.ts';
import type { Random } from '../../support/random.ts';
import { NO_ANSWER } from './device-line.ts';
import type { DeviceLine } from './device-line.ts';
import type { Front, ToldState } from './front.ts';
import type { Recorder } from './recorder.ts';

const ANSWER_MS = 4_000;
const POLL_MS = 20_000;
const RETRY_MS: readonly [least: number, most: number] = [150, 900];

/** What a gateway made of a command. */
export type Done<R> = { readonly status: Status; readonly cursor: string; readonly value: R };

/** What a client heard. */
export type Heard<R> = { readonly outcome: Outcome; readonly value?: R };

/** Which device it is, and whom it may ask. */
export interface DeviceOptions {
  readonly line: DeviceLine;
  readonly recorder: Recorder;
  readonly random: Random;
  /** The gateways that are there. */
  readonly fronts: () => readonly Front[];
  /** Whether it keeps to one gateway while that one answers. */
  readonly sticky: boolean;
  /** When everyone gives up, by the device's clock. */
  readonly endsAt: () => number;
}

/** A browser or a phone: asks one gateway after the other, repeats what it heard no answer to, and takes it all down. */
export class Device {
  readonly line: DeviceLine;
  readonly options: DeviceOptions;
  #asks: number;

  constructor(options: DeviceOptions) {
    this.line = options.line;
    this.options = options;
    this.#asks = options.random.between(0, 1_000);
  }

  get name(): string {
    return this.line.process.name;
  }

  get hasTime(): boolean {
    return this.now < this.options.endsAt();
  }

  get now(): number {
    return this.line.process.now();
  }

  /** Asks for a command until it hears how it ended, or has no time left. */
  async insist<R>(
    ticket: string,
    command: TicketCommand,
    actor: string,
    work: (front: Front) => Promise<Done<R>>,
  ): Promise<Heard<R>> {
    for (;;) {
      const heard = await this.once(ticket, command, actor, work);
      if (heard.outcome.kind !== 'unknown' || !this.hasTime) return heard;
      await this.rest();
    }
  }

  /** Asks once. */
  async once<R>(
    ticket: string,
    command: TicketCommand,
    actor: string,
    work: (front: Front) => Promise<Done<R>>,
  ): Promise<Heard<R>> {
    const { recorder } = this.options;
    const front = this.choose();
    const invokedAt = this.now;
    recorder.tell(this.name, `asks ${front.gateway.process.name} to ${command} ${short(ticket)}`);
    const came = await this.line.ask(front, ANSWER_MS, (at) => outcomeOf(() => work(at)));
    const { outcome, value, why } = came === NO_ANSWER ? UNHEARD : came;
    if (outcome.kind === 'unknown') this.#asks++;
    const returnedAt = came === NO_ANSWER ? Infinity : this.now;
    recorder.called({ ticket, command, actor, invokedAt, returnedAt, outcome });
    recorder.tell(this.name, `${command} ${short(ticket)}: ${sayOutcome(outcome)}${why ?? ''}`);
    if (why === NOT_REPLICATED) recorder.count('refused: not on all replicas');
    if (why === AWAY) recorder.count('refused: no majority, or no store');
    return value === undefined ? { outcome } : { outcome, value };
  }

  /** Waits for a state newer than a cursor. Undefined: nothing came, or nothing new. */
  async poll(ticket: string, after: Cursor | undefined): Promise<ToldState | undefined> {
    const { recorder } = this.options;
    let readAt = this.now;
    const work = async (front: Front): Promise<ToldState | undefined> => {
      const present = front.present(() => (readAt = front.gateway.process.now()));
      const watch = new SubjectWatch(front.watch, present, ticketSubject(ticket), after);
      const cancel = front.gateway.process.after(POLL_MS, () => watch.close());
      const first = await watch.first(() => undefined);
      const told =
        typeof first === 'object' ? first : first === 'unchanged' ? (await watch.next()).value : first;
      cancel();
      watch.close();
      if (told === 'absent') return { status: 'absent', cursor: '1-0', reset: true, end: true };
      return typeof told === 'object' ? told.notice : undefined;
    };
    const told = await this.line.ask(this.choose(), POLL_MS + ANSWER_MS, work);
    if (told === NO_ANSWER) this.#asks++;
    if (told === NO_ANSWER || told === undefined) return undefined;
    const { status, cursor, reset } = told;
    const outcome: Outcome =
      status === 'absent' ? { kind: 'refused', status } : { kind: 'done', status, cursor };
    const at = this.now;
    recorder.called({
      ticket,
      command: 'read',
      actor: this.name,
      invokedAt: readAt,
      returnedAt: at,
      outcome,
    });
    recorder.notices.push({ ticket, watcher: this.name, at, status, cursor, reset });
    recorder.tell(
      this.name,
      `is told ${short(ticket)} ${status} ${cursor}${reset ? ', its past was lost' : ''}`,
    );
    if (reset && after !== undefined) recorder.count('reset told');
    return told;
  }

  /** The gateway that is asked now. */
  choose(): Front {
    const { fronts, sticky, random } = this.options;
    const there = fronts();
    if (!sticky) return random.pick(there);
    return there[this.#asks % there.length] as Front;
  }

  /** Another gateway is asked from now on. */
  turnAway(): void {
    this.#asks++;
  }

  rest(): Promise<void> {
    const [least, most] = RETRY_MS;
    return this.line.pause(least + this.options.random.next() * (most - least));
  }
}

/** The first characters of an id. */
export function short(id: string): string {
  return id.slice(0, 6);
}

type Answered<R> = { readonly outcome: Outcome; readonly value?: R; readonly why?: string };

const NOT_REPLICATED = ' (not replicated)';
const AWAY = ' (away)';
const UNHEARD: Answered<never> = { outcome: { kind: 'unknown' }, why: ' (no answer)' };

async function outcomeOf<R>(work: () => Promise<Done<R>>): Promise<Answered<R>> {
  try {
    const { status, cursor, value } = await work();
    return { outcome: { kind: 'done', status, cursor }, value };
  } catch (error) {
    if (!(error instanceof ScangateError)) throw error;
    if (error.code === 'not_found') return { outcome: { kind: 'refused', status: 'absent' } };
    const status = error.detail.ticketStatus as Status | undefined;
    if (status !== undefined) return { outcome: { kind: 'refused', status } };
    return { outcome: { kind: 'unknown' }, why: error.code === 'not_replicated' ? NOT_REPLICATED : AWAY };
  }
}

function sayOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'done':
      return `acknowledged, ${outcome.status} ${outcome.cursor ?? ''}`;
    case 'refused':
      return `refused, ${outcome.status}`;
    case 'unknown':
      return 'unknown';
  }
}
