import type { Append } from '../../../src/store/event-store.ts';
import type { Subject } from '../../../src/store/subject.ts';
import { cursorOf } from '../../../src/ticket/cursor.ts';
import type { Cursor } from '../../../src/ticket/cursor.ts';
import type { Random } from '../../support/random.ts';

const PARTITIONS = 2;
const SUBJECTS = 24;
const TEXTS = ['', 'name', 'Zoë', 'a\0b', '木', 'long '.repeat(30)];

/** What the walk remembers of a subject's events, to come back to them. */
interface Past {
  readonly ids: Cursor[];
  readonly data: string;
  /** The last whole head that was read. */
  head?: string;
}

/** Subjects with a history that is sometimes what the servers have, and sometimes not. */
export class Subjects {
  readonly #random: Random;
  readonly #pasts = new Map<Subject, Past>();
  #generation = 0;
  /** Whose head was taken away last. */
  #headless: Subject | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  partition(): number {
    return this.#random.between(0, PARTITIONS - 1);
  }

  /** One of a partition's subjects. Now and then all of them are other ones than before. */
  pick(partition: number): Subject {
    const headless = this.#headless;
    if (headless?.[1] === String(partition) && this.#random.chance(0.15)) return headless;
    if (this.#random.chance(0.01)) this.#generation++;
    return `t${partition}-${this.#random.between(1, SUBJECTS)}-${this.#generation}` as Subject;
  }

  pastOf(subject: Subject): Past {
    let past = this.#pasts.get(subject);
    if (past === undefined) {
      past = { ids: [], data: JSON.stringify({ who: bytesOf(this.#random.pick(TEXTS)) }) };
      this.#pasts.set(subject, past);
    }
    return past;
  }

  /** Its head is about to be taken away. */
  lose(subject: Subject): Subject {
    this.#headless = subject;
    return subject;
  }

  /** Remembers what a subject's event was. */
  remember({ subject, event }: Append): void {
    const { ids } = this.pastOf(subject);
    if (!ids.includes(event.id)) ids.push(event.id);
  }

  /** An append that fits the past, or repeats it, or does not know it. */
  append(subject: Subject): Append {
    const random = this.#random;
    const { ids, data } = this.pastOf(subject);
    const repeats = subject === this.#headless || (ids.length > 0 && random.chance(0.15));
    const again = repeats ? random.between(0, Math.max(0, ids.length - 1)) : ids.length;
    const stale = ids.length > 0 && random.chance(0.1);
    const before: Cursor | undefined = stale ? random.pick(ids) : ids[again - 1];
    const id = ids[again] ?? cursorOf(again + 1, nonce(random));
    const final = again > 0 && random.chance(0.15);
    const isFirst = before === undefined;
    const start = random.chance(0.9) ? `{"minted":${data}` : `{"other":1`;
    return {
      subject,
      expected: isFirst || random.chance(0.03) ? null : before,
      event: { id, type: final ? 'denied' : 'scanned', schema: 1, data: isFirst ? data : `{"n":${again}}` },
      life: {
        ms: random.pick([0, 3, 40, 200, 2_000]),
        ...(random.chance(0.3) ? { extend: true } : {}),
        ...(random.chance(0.3) ? { capMs: random.pick([50, 300]) } : {}),
      },
      when: random.pick(['before', 'before', 'after', 'any']),
      head: { status: final ? 'denied' : 'open', final, schema: 1, blob: `${start},"n":${again}}` },
    };
  }
}

/** A text's UTF-8, one character a byte. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function nonce(random: Random): string {
  return random.between(0, 2 ** 32 - 1).toString(36);
}
