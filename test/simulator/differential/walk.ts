import { readMigrations } from '../../../src/store/redis/setup/migration.ts';
import type { Random } from '../../support/random.ts';
import type { LuaMachine } from '../lua/machine.ts';
import { Engine } from '../server/engine.ts';
import { isError, isList, isStatus } from '../server/reply.ts';
import type { Reply } from '../server/reply.ts';
import { comparable, dumpOf } from './dump.ts';
import { EventCalls } from './event-calls.ts';
import type { WalkCall } from './event-calls.ts';
import { LedgerCalls } from './ledger-calls.ts';
import { PlainCalls } from './plain-calls.ts';
import type { RealServer, TimedReply } from './real-server.ts';
import { Subjects } from './subjects.ts';
import { TurningClock, readingsBetween, tracesIn } from './turning-clock.ts';
import type { Readings } from './turning-clock.ts';

const COMPARE_ALL_EVERY = 250;

/** Where the two servers went apart. */
export class Apart extends Error {}

/** How often each call had each outcome. */
export type Tally = Map<string, number>;

/** Random calls to a real server and a simulated one, which must answer alike and keep the same. */
export class Walk {
  readonly engine: Engine;
  readonly tally: Tally = new Map();
  readonly #real: RealServer;
  readonly #random: Random;
  readonly #clock = new TurningClock();
  readonly #events: EventCalls;
  readonly #ledger: LedgerCalls;
  readonly #plain: PlainCalls;
  /** The real server's, which the simulated one goes by. */
  #history = '';

  constructor(real: RealServer, machine: LuaMachine, random: Random) {
    this.#real = real;
    this.#random = random;
    const { now: clock } = this.#clock;
    this.engine = new Engine({ machine, clock, replicationId: () => this.#history, onEffects: () => {} });
    this.#events = new EventCalls(random.fork(), new Subjects(random.fork()));
    this.#ledger = new LedgerCalls(random.fork());
    this.#plain = new PlainCalls(random.fork());
  }

  /** Empties the real server and gives both the functions. */
  async begin(): Promise<void> {
    await this.#real.run(['FLUSHALL']);
    const { reply } = await this.#real.run(['INFO', 'replication']);
    this.#history = /master_replid:(\w+)/.exec(typeof reply === 'string' ? reply : '')?.[1] ?? '';
    for (const { code, library } of await readMigrations()) {
      const text = Buffer.from(code, 'utf8').toString('latin1');
      await this.#step({ name: 'load', args: ['FUNCTION', 'LOAD', text] });
      await this.#step({ name: 'load again', args: ['FUNCTION', 'LOAD', text] });
      await this.#step({ name: 'load', args: ['FUNCTION', 'LOAD', 'REPLACE', text] });
      const listed = await this.#real.run(['FUNCTION', 'LIST', 'LIBRARYNAME', library, 'WITHCODE']);
      this.#same(
        'its list',
        codeIn(listed.reply),
        codeIn(this.engine.run(['FUNCTION', 'LIST', 'LIBRARYNAME', library, 'WITHCODE'])),
      );
    }
  }

  /** @throws Apart */
  async go(steps: number): Promise<void> {
    for (let step = 1; step <= steps; step++) {
      await this.#step(this.#next());
      if (step % COMPARE_ALL_EVERY === 0 || step === steps) await this.#compareAll();
    }
  }

  #next(): WalkCall {
    const events = this.#events;
    const draw = this.#random.next();
    if (draw < 0.38) return events.append();
    if (draw < 0.45) return events.read();
    if (draw < 0.48) return events.due();
    if (draw < 0.5) return events.trim();
    if (draw < 0.55) return events.fence();
    if (draw < 0.57) return events.log();
    if (draw < 0.61) return events.loseHead();
    if (draw < 0.64) return events.rebuild();
    if (draw < 0.7) return events.restore();
    return draw < 0.79 ? this.#ledger.any() : this.#plain.any();
  }

  async #step({ args, name, outcome, learn }: WalkCall): Promise<void> {
    const timed = await this.#real.run(args);
    const real = plain(timed.reply);
    const simulated = await this.#follow(args, timed, real);
    this.#same(args.join(' '), real, simulated);
    if (isError(timed.reply)) return this.#count(`${name}: ${codeOfError(timed.reply.error)}`);
    this.#count(outcome === undefined ? name : `${name}: ${outcome(timed.reply)}`);
    learn?.(timed.reply);
  }

  /** Makes the same call, with the clock turning at each moment that may have been, until all that it did fits. */
  async #follow(args: readonly string[], { before, after }: TimedReply, real: unknown): Promise<unknown> {
    if (Math.floor(before) === Math.floor(after)) return this.#answer(args, [before]);
    const keys = keysOf(args);
    const dump = keys.length === 0 ? { now: after, keys: new Map() } : await this.#real.dump(keys);
    const wanted = JSON.stringify([real, comparable(dump.keys, dump.now)]);
    const start = this.engine.snapshot();
    let simulated: unknown;
    for (const readings of readingsBetween(before, after, tracesIn(wanted, args))) {
      this.engine.restore(start);
      simulated = this.#answer(args, readings);
      this.#clock.set([dump.now]);
      const found = comparable(dumpOf(this.engine, keys), dump.now);
      if (JSON.stringify([simulated, found]) === wanted) break;
    }
    return simulated;
  }

  #answer(args: readonly string[], readings: Readings): unknown {
    this.#clock.set(readings);
    return plain(this.engine.run(args));
  }

  async #compareAll(): Promise<void> {
    const { now, keys } = await this.#real.dump();
    this.#clock.set([now]);
    const [real, simulated] = [comparable(keys, now), comparable(dumpOf(this.engine), now)];
    for (const key of new Set([...Object.keys(real), ...Object.keys(simulated)])) {
      this.#same(`the key ${key}`, real[key], simulated[key]);
    }
  }

  #same(what: string, real: unknown, simulated: unknown): void {
    if (JSON.stringify(real) === JSON.stringify(simulated)) return;
    const [one, other] = [JSON.stringify(real), JSON.stringify(simulated)];
    throw new Apart(`${JSON.stringify(what)}\n  real      ${one}\n  simulated ${other}`);
  }

  #count(name: string): void {
    this.tally.set(name, (this.tally.get(name) ?? 0) + 1);
  }
}

/** The keys that a call names; none for a call that touches none. */
function keysOf([name = '', first = '', count = '0', ...rest]: readonly string[]): readonly string[] {
  if (/^(FCALL|FCALL_RO|EVAL)$/.test(name)) return rest.slice(0, Number(count));
  return name === 'FUNCTION' || first === '' ? [] : [first];
}

/** A reply as both can tell it: a status is its text, and of an error its code, for releases word it differently. */
function plain(reply: Reply): unknown {
  if (isList(reply)) return reply.map(plain);
  if (isError(reply)) return { error: codeOfError(reply.error) };
  return isStatus(reply) ? reply.status : reply;
}

function codeOfError(error: string): string {
  return error.split(' ', 1)[0] ?? '';
}

function codeIn(reply: Reply): Reply | undefined {
  const fields = (reply as readonly (readonly Reply[])[])[0] ?? [];
  return fields[fields.indexOf('library_code') + 1];
}
