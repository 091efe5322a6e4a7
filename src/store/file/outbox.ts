import type { StoredEvent } from '../event-store.ts';
import { kindOf } from '../subject.ts';
import { lostAt, lostInAll } from '../outbox.ts';
import type { LostEvents, Outbox, OutboxBatch } from '../outbox.ts';
import type { Environment } from './disk/environment.ts';
import type { Draft } from './draft.ts';
import { OUTBOX_LOST_KEY, outboxKey, outboxRange } from './keys.ts';
import { decoded, encoded, encodedEvent, eventOf } from './record.ts';
import type { Writer } from './writer.ts';

/** A folder has one log, and so one partition. */
const PARTITION = 0;

/** Where less of the disk is free, in bytes, the rest of it is for sign-ins: no more events wait than this. */
const FREE_MIN_BYTES = 32 * 1024 * 1024;
const SCARCE_MAX = 1000;
/** How many are let go with one that comes. */
const STEP = 8;

/** The outbox of the file store: each event a second time, in the commit that wrote it, numbered in the order of writing. */
export class FileOutbox {
  readonly #environment: Pick<Environment, 'keys' | 'get' | 'lastFreeBytes'>;
  readonly #max: number;
  #first = 0;
  #next = 0;
  #lost: LostEvents | null;

  /** @param max how many events may wait. */
  constructor(environment: Pick<Environment, 'keys' | 'get' | 'lastFreeBytes'>, max: number) {
    this.#environment = environment;
    this.#max = max;
    this.#lost = lostIn(environment.get(OUTBOX_LOST_KEY));
    const keys = environment.keys(outboxRange(), Number.MAX_SAFE_INTEGER);
    const [first, last] = [keys[0], keys.at(-1)];
    if (first === undefined || last === undefined) return;
    this.#first = numberOf(first);
    this.#next = numberOf(last) + 1;
  }

  /** Keeps an event in the commit that writes it. */
  keep(draft: Pick<Draft, 'put' | 'remove'>, event: StoredEvent): void {
    if (kindOf(event.subject) === 'canary') return;
    draft.put(outboxKey(this.#next), encoded([event.subject], encodedEvent(event).toString()));
    this.#next += 1;
    const isScarce = this.#environment.lastFreeBytes() < FREE_MIN_BYTES;
    const max = isScarce ? Math.min(this.#max, SCARCE_MAX) : this.#max;
    if (this.#next - this.#first <= max) return;
    for (let step = 0; step < STEP && this.#next - this.#first > max; step += 1) {
      const record = this.#environment.get(outboxKey(this.#first));
      this.#lost = lostInAll([this.#lost, lostAt(record === undefined ? event.at : storedIn(record).at)]);
      draft.remove(outboxKey(this.#first));
      this.#first += 1;
    }
    this.#keepLost(draft);
  }

  #keepLost(draft: Pick<Draft, 'put' | 'remove'>): void {
    if (this.#lost === null) draft.remove(OUTBOX_LOST_KEY);
    else draft.put(OUTBOX_LOST_KEY, encoded([this.#lost.count, this.#lost.from, this.#lost.to]));
  }

  /** The port. */
  reader(writer: Writer): Outbox {
    return {
      partitions: [PARTITION],
      next: (_partition, limit) => Promise.resolve(this.#batch(writer, limit)),
      end: () => Promise.resolve(String(this.#next)),
      isReadTo: (_partition, place) => Promise.resolve(this.#first >= Number(place)),
    };
  }

  #batch(writer: Writer, limit: number): OutboxBatch | null {
    const lost = this.#lost;
    const keys = this.#environment.keys(outboxRange(), limit);
    if (keys.length === 0 && lost === null) return null;
    const records = keys.map((key) => this.#environment.get(key)).filter((record) => record !== undefined);
    return {
      partition: PARTITION,
      events: records.map(storedIn),
      lost,
      acknowledge: () =>
        writer.submit(({ draft }) => {
          for (const key of keys) draft.remove(key);
          if (lost !== null && this.#lost !== null) {
            const count = this.#lost.count - lost.count;
            this.#lost = count > 0 ? { ...this.#lost, count } : null;
            this.#keepLost(draft);
          }
          this.#first = Math.max(this.#first, keys.length === 0 ? 0 : numberOf(keys.at(-1) as Buffer) + 1);
        }),
    };
  }
}

function storedIn(record: Buffer): StoredEvent {
  const { fields, body } = decoded(record);
  const [subject] = fields as readonly [StoredEvent['subject']];
  return eventOf(subject, Buffer.from(body));
}

function lostIn(record: Buffer | undefined): LostEvents | null {
  if (record === undefined) return null;
  const [count, from, to] = decoded(record).fields as readonly [number, number, number];
  return { count, from, to };
}

function numberOf(key: Buffer): number {
  return Number(key.toString('latin1', 1));
}
