import { headKey, partitionKeys } from '../../../src/store/keys.ts';
import { appendArguments } from '../../../src/store/redis/format/append-call.ts';
import { parseHead } from '../../../src/store/redis/format/head.ts';
import { parseEntry } from '../../../src/store/redis/format/log-entry.ts';
import { readArguments } from '../../../src/store/redis/events/read-heads.ts';
import type { Subject } from '../../../src/store/subject.ts';
import type { Random } from '../../support/random.ts';
import type { Reply } from '../server/reply.ts';
import type { Subjects } from './subjects.ts';

const HISTORY_MS = 120;

/** One call of the walk: what is sent, under which name its answers are counted, and who looks at the answer. */
export interface WalkCall {
  readonly args: readonly string[];
  readonly name: string;
  /** Tells this answer from others of the same call. */
  readonly outcome?: (reply: Reply) => string;
  readonly learn?: (reply: Reply) => void;
}

const codeOf = (reply: Reply): string => JSON.stringify((reply as readonly Reply[])[0]);
const itself = (reply: Reply): string => JSON.stringify(reply);
const someOrNone = (reply: Reply): string => ((reply as readonly Reply[]).length > 0 ? 'some' : 'none');

const wordOf = (reply: Reply, at: number): string =>
  (typeof reply === 'string' ? reply : '').split(' ')[at] ?? '';
const stateOf = (reply: Reply): string => (reply === null ? 'over' : wordOf(reply, 1));
const MEMBERS = ['a', 'b'];

/** Calls of `migrations/0001-event-store.lua`. */
export class EventCalls {
  readonly #random: Random;
  readonly #subjects: Subjects;
  /** Entries that were in a log once, with their ids there. */
  readonly #logged: (readonly [id: string, text: string])[] = [];
  /** The token of each partition's fence, as it was last met. */
  readonly #tokens = new Map<number, string>();
  /** Partitions whose fence let something through no more, until it is seen open. */
  readonly #shut = new Set<number>();

  constructor(random: Random, subjects: Subjects) {
    this.#random = random;
    this.#subjects = subjects;
  }

  append(): WalkCall {
    const random = this.#random;
    const partition = this.#subjects.partition();
    const count = random.chance(0.25) ? random.between(2, 4) : 1;
    const subjects = new Set(Array.from({ length: count }, () => this.#subjects.pick(partition)));
    const batch = [...subjects].map((subject) => this.#subjects.append(subject));
    const args = appendArguments(batch, { partition, token: this.#token(partition) }, HISTORY_MS);
    return {
      name: batch.length > 1 ? 'append several' : 'append',
      args: ['FCALL', ...args.map(String)],
      outcome: codeOf,
      learn: (reply) => {
        if (Number(codeOf(reply)) <= 1) for (const append of batch) this.#subjects.remember(append);
        if (codeOf(reply) === '7') this.#shut.add(partition);
      },
    };
  }

  read(): WalkCall {
    const partition = this.#subjects.partition();
    const subjects = Array.from({ length: this.#random.between(1, 5) }, () => this.#subjects.pick(partition));
    return {
      name: 'read',
      args: ['FCALL_RO', ...readArguments({ partition, subjects }).map(String)],
      outcome: (reply) => ((reply as readonly Reply[])[2] === null ? 'missing' : 'there'),
      learn: (reply) => {
        for (const [i, subject] of subjects.entries()) {
          const head = (reply as readonly Reply[])[i + 2];
          if (typeof head === 'string') this.#subjects.pastOf(subject).head = head;
        }
      },
    };
  }

  due(): WalkCall {
    const { due, fence } = partitionKeys(this.#subjects.partition());
    const limit = String(this.#random.pick([0, 1, 3, 200]));
    return { name: 'due', args: ['FCALL_RO', 'sg3_due', '2', due, fence, limit], outcome: someOrNone };
  }

  trim(): WalkCall {
    const { log, firsts, due, keep } = partitionKeys(this.#subjects.partition());
    const keepMs = String(this.#random.pick([60, 200, 500]));
    return {
      name: 'trim',
      args: ['FCALL', 'sg3_trim', '4', log, firsts, due, keep, keepMs, String(HISTORY_MS), '50'],
      outcome: (reply) => (reply === 0 ? 'nothing' : 'something'),
    };
  }

  /** Meets a fence, speaks to it, or takes it away. */
  fence(): WalkCall {
    const random = this.#random;
    const [shut] = this.#shut;
    const opens = shut !== undefined && random.chance(0.4);
    const partition = opens ? shut : this.#subjects.partition();
    const { fence } = partitionKeys(partition);
    const member = random.pick(MEMBERS);
    const draw = opens ? random.pick([0.2, 1]) : random.next();
    if (draw < 0.1) return { name: 'lose a fence', args: ['DEL', fence], outcome: itself };
    if (draw < 0.35) return this.#enter(partition);
    const to = ['1', fence, this.#token(partition), member];
    if (draw < 0.55) {
      const beat = String(random.between(0, 3));
      return { name: 'strike', args: ['FCALL', 'sg3_strike', ...to, beat], outcome: stateOf };
    }
    const stage = opens ? 'healed' : random.pick(['found', 'tried', 'healed']);
    const seen = String(random.between(0, 3));
    return {
      name: 'say',
      args: ['FCALL', 'sg3_say', ...to, stage, seen],
      outcome: stateOf,
      learn: (reply) => stateOf(reply) === 'open' && this.#shut.delete(partition),
    };
  }

  #enter(partition: number): WalkCall {
    const random = this.#random;
    const stage = random.pick(['found', 'healed']);
    const from = String(random.pick([0, Date.now() - random.pick([5, 50, 500])]));
    const known = random.pick(['', this.#token(partition)]);
    const graceMs = String(random.pick([5, 60]));
    const others = random.chance(0.4) ? [random.pick(MEMBERS)] : [];
    const { fence } = partitionKeys(partition);
    const who = [fence, random.pick(MEMBERS), String(random.between(1, 1e9)), stage];
    return {
      name: 'enter',
      args: ['FCALL', 'sg3_enter', '1', ...who, known, from, graceMs, ...others],
      outcome: stateOf,
      learn: (reply) => {
        this.#tokens.set(partition, wordOf(reply, 0));
        if (stateOf(reply) === 'open') this.#shut.delete(partition);
      },
    };
  }

  /** A partition's token, or now and then one that it does not have. */
  #token(partition: number): string {
    return this.#random.chance(0.03) ? 'another' : (this.#tokens.get(partition) ?? '');
  }

  /** Looks into a log, for what can be put back later. */
  log(): WalkCall {
    const { log } = partitionKeys(this.#subjects.partition());
    return {
      name: 'log',
      args: ['XREVRANGE', log, '+', '-', 'COUNT', '30'],
      learn: (reply) => {
        for (const entry of reply as readonly (readonly [string, readonly string[]])[]) {
          this.#logged.push([entry[0], entry[1][1] as string]);
        }
        this.#logged.splice(0, this.#logged.length - 300);
      },
    };
  }

  loseHead(): WalkCall {
    const partition = this.#subjects.partition();
    const subject = this.#subjects.lose(this.#subjects.pick(partition));
    return { name: 'lose a head', args: ['DEL', headKey(partition, subject)], outcome: itself };
  }

  rebuild(): WalkCall {
    const partition = this.#subjects.partition();
    const { log, due, fence } = partitionKeys(partition);
    const subject = this.#subjects.pick(partition);
    const text = this.#subjects.pastOf(subject).head ?? '2 1 0 1 1700000000000 open 1-x,0,500 {"minted":{}}';
    const { final } = parseHead(subject, text);
    const [seen] = this.#random.chance(0.5) ? (this.#logged.at(-1) ?? ['0-0']) : ['0-0'];
    const ends = String(Date.now() + this.#random.pick([-50, 1, 300]));
    const entryId = this.#logged.find(([, logged]) => logged.startsWith(`["${subject}",1,`))?.[0] ?? '1-1';
    const key = headKey(partition, subject);
    const args = [subject, seen, ends, String(Date.now() + 100), final ? '1' : '0', text, entryId];
    const keys = [log, due, key, fence];
    return {
      name: 'rebuild',
      args: ['FCALL', 'sg3_rebuild', '4', ...keys, ...args, this.#token(partition)],
      outcome: itself,
    };
  }

  restore(): WalkCall {
    const [, text] = this.#logged.length > 0 ? this.#random.pick(this.#logged) : ['', FIRST_ENTRY];
    const { event, after } = parseEntry(text);
    const partition = Number(event.subject[1]);
    const { log, due, firsts, fence } = partitionKeys(partition);
    const subject = this.#random.chance(0.2) ? (`${event.subject}x` as Subject) : event.subject;
    const id = this.#random.chance(0.1) ? `${event.id}x` : event.id;
    const args = [HISTORY_MS, subject, after ?? '', id, event.version, text, event.at, event.deadline];
    const blob = event.version === 1 ? `{"minted":${event.data}}` : '{"n":0}';
    const state = ['open', this.#random.pick(['0', '0', '1']), 1, blob, this.#token(partition)];
    const keys = [log, due, firsts, headKey(partition, subject), fence];
    return {
      name: 'restore',
      args: ['FCALL', 'sg3_restore', keys.length, ...keys, ...args, ...state].map(String),
      outcome: codeOf,
    };
  }
}

const FIRST_ENTRY = '["t0-0",1,"1-x",1700000000000,1700000000500,"minted",1,"",{}]';
