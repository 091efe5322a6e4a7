import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NewerSchema, encodeEvent } from '../../src/store/codec.ts';
import { BATCH_MAX, cursorOfHead, deadlineOf } from '../../src/store/event-store.ts';
import type { Append, AppendResult, EventStore, FeedBatch, Head } from '../../src/store/event-store.ts';
import type { StoreSettings } from '../../src/store/store-settings.ts';
import type { Subject } from '../../src/store/subject.ts';
import { canarySubject, ticketSubject } from '../../src/store/subject.ts';
import type { Cursor } from '../../src/ticket/cursor.ts';
import type { TicketEvent } from '../../src/ticket/events.ts';
import type { Life } from '../../src/ticket/life.ts';
import {
  MINTED,
  SCANNED,
  SEED,
  appendMaker,
  freshId,
  freshTicket,
  headOf,
  opened,
  rounds,
  seeded,
  sessionBeside,
  sleep,
  untilStoreTime,
} from './appends.ts';

/** One store on data of its own, and what a test may do behind its back. */
export interface StoreUnderTest {
  readonly store: EventStore;
  /**
   * Opens the same data once more, at the same time, as another node would. Where one process owns the data this may
   * be the same store. `close` below ends these too.
   */
  readonly openAgain: () => Promise<EventStore>;
  /** Takes heads away as if they had been lost. The log stays, and so does everything else. */
  readonly deleteHeads: (subjects: readonly Subject[]) => Promise<void>;
  /** A head's bytes as they are stored, in any encoding that tells different bytes apart; null where there is none. */
  readonly rawHead: (subject: Subject) => Promise<string | null>;
  /** Ends all that was opened and removes the data. */
  readonly close: () => Promise<void>;
}

export type MakeStore = (settings: StoreSettings) => Promise<StoreUnderTest>;

const SETTINGS: StoreSettings = { historyMs: 60_000, lifeMaxMs: 180_000, callTimeoutMs: 20_000 };
const LONG: Life = { ms: 60_000 };
const mintedEvent: TicketEvent = { type: 'minted', data: MINTED };
const confirmed: TicketEvent = { type: 'confirmed', data: {} };
const denied: TicketEvent = { type: 'denied', data: {} };
const expired: TicketEvent = { type: 'expired', data: {} };

/** The promises of `src/store/event-store.ts`, to be run against every implementation. */
export function eventStoreContract(name: string, makeStore: MakeStore): void {
  describe(`${name} keeps the event store's promises (seed ${SEED})`, () => {
    const random = seeded(SEED);
    const { first, next, nonce } = appendMaker(random);
    let world: StoreUnderTest;
    let store: EventStore;
    let other: EventStore;

    beforeAll(async () => {
      world = await makeStore(SETTINGS);
      store = world.store;
      other = await world.openAgain();
    });

    afterAll(async () => {
      await world.close();
    });

    async function mint(life: Life = LONG, subject = freshTicket(random)): Promise<Head> {
      const result = await store.append([first(subject, mintedEvent, life)]);
      expect(result.outcome).toBe('appended');
      return headOf(store, subject);
    }

    async function grow(head: Head, event: TicketEvent, life: Life = LONG): Promise<Head> {
      const result = await store.append([next(head, event, { life })]);
      expect(result.outcome).toBe('appended');
      return headOf(store, head.subject);
    }

    describe('append and read', () => {
      test('a first event makes a head that reads as it was written', async () => {
        const subject = freshTicket(random);
        const append = first(subject, mintedEvent, LONG);
        const result = await store.append([append]);
        const { heads, now } = await store.read([subject, freshTicket(random), subject]);
        const moment = written(result)[0];
        expect(moment?.id).toBe(append.event.id);
        expect(moment?.at).toBe(result.now);
        expect(moment?.deadline).toBe(result.now + LONG.ms);
        expect(now).toBeGreaterThanOrEqual(result.now);
        expect(heads[0]).toEqual({
          subject,
          version: 1,
          moments: [moment],
          first: moment?.at,
          ...append.head,
        });
        expect(heads[1]).toBeNull();
        expect(heads[2]).toEqual(heads[0]);
      });

      test('nothing asked is answered with the time alone', async () => {
        const before = await store.read([]);
        const after = await store.read([]);
        expect(before.heads).toEqual([]);
        expect(after.now).toBeGreaterThanOrEqual(before.now);
        expect(Math.abs(after.now - Date.now())).toBeLessThan(60_000);
      });

      test('many reads at once are each answered with their own', async () => {
        const heads = await Promise.all(Array.from({ length: 40 }, () => mint()));
        const answers = await Promise.all(heads.map((head) => other.read([head.subject])));
        expect(answers.map((answer) => answer.heads[0])).toEqual(heads);
      });

      test('a second first event is a conflict that shows the head', async () => {
        const head = await mint();
        const result = await other.append([first(head.subject, mintedEvent, LONG)]);
        expect(result).toMatchObject({ outcome: 'conflict', index: 0, head });
      });

      test('a cursor that is behind, ahead or of another nonce is a conflict', async () => {
        const minted = await mint();
        const head = await grow(minted, SCANNED);
        const wrong: Cursor[] = [
          cursorOfHead(minted),
          `2-${nonce()}`,
          `3-${nonce()}`,
          `1-${cursorOfHead(head).slice(2)}`,
        ];
        for (const expectedCursor of wrong) {
          const version = Number(expectedCursor.split('-')[0]) + 1;
          const append = next(head, confirmed, { expected: expectedCursor, id: `${version}-${nonce()}` });
          expect(await store.append([append])).toMatchObject({ outcome: 'conflict', index: 0, head });
        }
        expect(await headOf(store, head.subject)).toEqual(head);
        expect(await store.history(head.subject)).toHaveLength(2);
      });

      test('an append to what was never there is missing', async () => {
        const head = await mint();
        const stranger = { ...head, subject: freshTicket(random) };
        expect(await store.append([next(stranger, SCANNED)])).toMatchObject({
          outcome: 'missing',
          index: 0,
          head: null,
        });
        expect(await store.history(stranger.subject)).toEqual([]);
      });

      test('a final state refuses every append, whatever it names and whenever it may happen', async () => {
        for (const when of ['before', 'after', 'any'] as const) {
          const minted = await mint();
          const head = await grow(minted, { type: 'cancelled', data: {} }, { ms: 0 });
          expect(head.final).toBe(true);
          const tries: Append[] = [
            next(head, SCANNED, { when, life: LONG }),
            next(minted, SCANNED, { when, life: LONG }),
            next(head, SCANNED, { when, life: LONG, expected: `2-${nonce()}` }),
            first(head.subject, mintedEvent, LONG, { when }),
          ];
          for (const append of tries) {
            expect(await store.append([append])).toMatchObject({ outcome: 'conflict', head });
          }
          expect(await store.history(head.subject)).toHaveLength(2);
        }
      });

      test('history is in order and says what was written, byte for byte', async () => {
        const minted = await mint();
        const scan = next(minted, SCANNED, { life: LONG });
        await store.append([scan]);
        const head = await headOf(store, minted.subject);
        const events = await other.history(minted.subject);
        expect(events.map((event) => event.version)).toEqual([1, 2]);
        expect(events[1]).toEqual({
          subject: minted.subject,
          version: 2,
          ...scan.event,
          at: head.moments[1]?.at,
          deadline: head.moments[1]?.deadline,
        });
        expect(events[0]?.data).toBe(encodeEvent(mintedEvent).data);
      });

      test('odd text comes back as it went in', async () => {
        const odd = JSON.stringify({
          '"': '\\"\n\r\t\0\u2028\u2029\ud83d\ude00 李 |,;: %d %s {} []',
          ['__proto__']: { constructor: 1 },
          empty: '',
          long: 'x'.repeat(40_000),
          deep: [[[[{ a: [1e21, -0.5, null, true] }]]]],
        });
        const subject = freshTicket(random);
        const append = first(subject, mintedEvent, LONG);
        const strange: Append = {
          ...append,
          event: { ...append.event, data: odd },
          head: { ...append.head, blob: odd },
        };
        expect((await store.append([strange])).outcome).toBe('appended');
        expect((await headOf(other, subject)).blob).toBe(odd);
        expect((await other.history(subject))[0]?.data).toBe(odd);
      });

      test('a head remembers its last eight events and its first stamp', async () => {
        const subject = freshTicket(random);
        const ids = Array.from({ length: 11 }, (_, i): Cursor => `${i + 1}-${nonce()}`);
        let append = first(subject, mintedEvent, LONG, { id: ids[0] as Cursor });
        const start = written(await store.append([append]))[0];
        for (const id of ids.slice(1)) {
          append = next(await headOf(store, subject), SCANNED, { id, life: LONG });
          expect((await store.append([append])).outcome).toBe('appended');
        }
        const head = await headOf(store, subject);
        expect(head.version).toBe(11);
        expect(head.moments.map((moment) => moment.id)).toEqual(ids.slice(3));
        expect(head.first).toBe(start?.at);
        expect((await store.history(subject)).map((event) => event.id)).toEqual(ids);
      });

      test('a batch of nothing, of too many, or of malformed subjects is a programming error', async () => {
        const ticket = freshTicket(random);
        const many = Array.from({ length: BATCH_MAX + 1 }, () =>
          first(ticketSubject(freshId(random, ticket.slice(7, 9))), mintedEvent, LONG),
        );
        await expect(store.append([])).rejects.toThrow(RangeError);
        await expect(store.append(many)).rejects.toThrow(RangeError);
        const twice = first(ticket, mintedEvent, LONG);
        await expect(store.append([twice, twice])).rejects.toThrow(RangeError);
        for (const subject of ['ticket:', 'ticket:a"b', 'ticket:a b', `ticket:${'x'.repeat(300)}`]) {
          const append = { ...twice, subject: subject as Subject };
          await expect(store.append([append])).rejects.toThrow(RangeError);
        }
      });
    });

    describe('a retry changes nothing', () => {
      test('the very same append answers already, with the first answer', async () => {
        const subject = freshTicket(random);
        const append = first(subject, mintedEvent, LONG);
        const answer = await store.append([append]);
        await sleep(5);
        const again = await other.append([append]);
        expect(again.outcome).toBe('already');
        expect(written(again)).toEqual(written(answer));
        expect(again.now).toBeGreaterThan(answer.now);
        expect(await store.history(subject)).toHaveLength(1);
      });

      test('also when others followed, after the deadline, and after finality', async () => {
        const minted = await mint();
        const scan = next(minted, SCANNED, { life: { ms: 60 } });
        const answer = await store.append([scan]);
        const scanned = await headOf(store, minted.subject);
        await untilStoreTime(store, deadlineOf(scanned));
        expect((await store.append([next(scanned, confirmed)])).outcome).toBe('late');
        expect(written(await store.append([scan]))).toEqual(written(answer));
        const end = next(scanned, expired, { when: 'after' });
        const ended = await store.append([end]);
        expect(ended.outcome).toBe('appended');
        for (const [append, before] of [
          [scan, answer],
          [end, ended],
        ] as const) {
          const again = await other.append([append]);
          expect(again.outcome).toBe('already');
          expect(written(again)).toEqual(written(before));
        }
        expect(await store.history(minted.subject)).toHaveLength(3);
      });

      test('the same version with another nonce is refused', async () => {
        const minted = await mint();
        const scan = next(minted, SCANNED, { life: LONG });
        await store.append([scan]);
        const twin = { ...scan, event: { ...scan.event, id: `2-${nonce()}` as Cursor } };
        const head = await headOf(store, minted.subject);
        expect(await store.append([twin])).toMatchObject({ outcome: 'conflict', head });
      });

      test('a first event retried after its head went is never doubled', async () => {
        const subject = freshTicket(random);
        const append = first(subject, mintedEvent, LONG);
        const answer = await store.append([append]);
        await world.deleteHeads([subject]);
        const again = await store.append([append]);
        expect(['already', 'conflict']).toContain(again.outcome);
        if (again.outcome === 'already') expect(written(again)).toEqual(written(answer));
        await world.deleteHeads([subject]);
        const foreign = await other.append([first(subject, mintedEvent, LONG)]);
        expect(foreign.outcome).toBe('conflict');
        expect(await store.history(subject)).toHaveLength(1);
      });

      test('sent many times at once, it is written once', async () => {
        const minted = await mint();
        for (let round = 0; round < 20; round++) {
          const subject = freshTicket(random);
          const append = first(subject, mintedEvent, LONG);
          const answers = await Promise.all(
            Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? store : other).append([append])),
          );
          expect(answers.filter((answer) => answer.outcome === 'appended')).toHaveLength(1);
          expect(answers.filter((answer) => answer.outcome === 'already')).toHaveLength(5);
          expect(await store.history(subject)).toHaveLength(1);
        }
        expect(await headOf(store, minted.subject)).toEqual(minted);
      });
    });

    describe('a batch', () => {
      async function confirmedTicket(): Promise<Head> {
        return grow(await grow(await mint(), SCANNED), confirmed);
      }

      function redemption(ticket: Head, session: Subject): Append[] {
        return [
          next(ticket, { type: 'redeemed', data: {} }),
          first(session, opened(ticket.subject, cursorOfHead(ticket)), { ms: 86_400_000 }),
        ];
      }

      test('of two subjects is written whole, and answers already whole', async () => {
        const ticket = await confirmedTicket();
        const session = sessionBeside(ticket.subject, random);
        const batch = redemption(ticket, session);
        const result = await store.append(batch);
        expect(result.outcome).toBe('appended');
        const again = await other.append(batch);
        expect(again.outcome).toBe('already');
        expect(written(again)).toEqual(written(result));
        expect(written(result)).toHaveLength(2);
        const { heads } = await other.read([ticket.subject, session]);
        expect(heads.map((head) => head?.status)).toEqual(['redeemed', 'active']);
        expect(heads[1]).toMatchObject({ version: 1, final: false });
      });

      test('is written not at all when any of it is refused, and says which', async () => {
        const ticket = await confirmedTicket();
        const session = sessionBeside(ticket.subject, random);
        const taken = first(session, opened(ticket.subject, cursorOfHead(ticket)), LONG);
        await store.append([taken]);
        const result = await store.append(redemption(ticket, session));
        expect(result).toMatchObject({ outcome: 'conflict', index: 1, head: { subject: session } });
        expect(await headOf(store, ticket.subject)).toEqual(ticket);
        expect(await store.history(ticket.subject)).toHaveLength(3);
        expect(await store.history(session)).toHaveLength(1);
      });

      test('two redemptions at once: one wins, the other is shown it', async () => {
        for (let round = 0; round < rounds(40, 1000); round++) {
          const ticket = await confirmedTicket();
          const session = sessionBeside(ticket.subject, random);
          const results = await Promise.all([
            store.append(redemption(ticket, session)),
            other.append(redemption(ticket, session)),
          ]);
          expectOneWinner(results);
          expect(await store.history(session)).toHaveLength(1);
        }
      });
    });

    describe('time', () => {
      test('a deadline is judged by the store: late, early, and any', async () => {
        const minted = await mint({ ms: 1_500 });
        expect((await store.append([next(minted, expired, { when: 'after' })])).outcome).toBe('early');
        await untilStoreTime(store, deadlineOf(minted));
        expect(await store.append([next(minted, SCANNED, { life: LONG })])).toMatchObject({
          outcome: 'late',
          index: 0,
          head: minted,
        });
        expect(await store.history(minted.subject)).toHaveLength(1);
        const any = await store.append([next(minted, SCANNED, { when: 'any', life: LONG })]);
        expect(any.outcome).toBe('appended');
        const revived = await headOf(store, minted.subject);
        expect((await store.append([next(revived, confirmed, { life: LONG })])).outcome).toBe('appended');
      });

      test('`any` may also come before the deadline', async () => {
        const minted = await mint();
        expect((await store.append([next(minted, SCANNED, { when: 'any' })])).outcome).toBe('appended');
      });

      test('a life counts from the stamp, extends, and is capped from the first stamp', async () => {
        const minted = await mint({ ms: 50_000 });
        const { at } = minted.moments[0] as { at: number };
        expect(deadlineOf(minted)).toBe(at + 50_000);
        await sleep(3);
        const shorter = await grow(minted, SCANNED, { ms: 10_000, extend: true });
        expect(deadlineOf(shorter)).toBe(at + 50_000);
        const capped = await grow(shorter, SCANNED, { ms: 90_000, extend: true, capMs: 70_000 });
        expect(deadlineOf(capped)).toBe(at + 70_000);
        const plain = await grow(capped, confirmed, { ms: 20_000 });
        expect(deadlineOf(plain)).toBe((plain.moments[3]?.at ?? 0) + 20_000);
      });

      test('stamps of a subject never go back, nor does the clock', async () => {
        let head = await mint();
        let now = 0;
        for (let i = 0; i < 30; i++) {
          const result = await (i % 2 === 0 ? store : other).append([next(head, SCANNED, { life: LONG })]);
          expect(result.now).toBeGreaterThanOrEqual(now);
          now = result.now;
          const before = head.moments[head.moments.length - 1]?.at ?? 0;
          expect(written(result)[0]?.at).toBeGreaterThanOrEqual(before);
          head = await headOf(store, head.subject);
        }
      });
    });

    describe('races', () => {
      test('confirm and deny at one cursor: exactly one wins, the loser is shown the winner', async () => {
        for (let round = 0; round < rounds(100, 1000); round++) {
          const scanned = await grow(await mint(), SCANNED);
          const results = await Promise.all([
            store.append([next(scanned, confirmed, { life: LONG })]),
            other.append([next(scanned, denied)]),
          ]);
          expectOneWinner(results);
        }
      });

      test('confirm and expired at the deadline: exactly one comes about', async () => {
        for (let round = 0; round < rounds(25, 1000); round++) {
          const minted = await mint({ ms: 2 + Math.floor(random() * 4) });
          await sleep(Math.floor(random() * 6));
          const results = await Promise.all([
            store.append([next(minted, SCANNED, { life: LONG })]),
            expireWhenDue(other, minted),
          ]);
          expect(results.filter((result) => result.outcome === 'appended')).toHaveLength(1);
          expect(await store.history(minted.subject)).toHaveLength(2);
        }
      });

      async function expireWhenDue(at: EventStore, head: Head): Promise<AppendResult> {
        const append = next(head, expired, { when: 'after' });
        for (;;) {
          const result = await at.append([append]);
          if (result.outcome !== 'early') return result;
          await sleep(1);
        }
      }
    });

    describe('due', () => {
      test('tells what has passed its deadline, removes nothing, and forgets what is final', async () => {
        const soon = await mint({ ms: 1_500 });
        const later = await mint();
        const ended = await grow(await mint({ ms: 1_500 }), { type: 'cancelled', data: {} }, { ms: 0 });
        const moved = await grow(await mint({ ms: 1_500 }), SCANNED);
        expect(await store.due(200)).not.toContain(later.subject);
        await untilStoreTime(store, deadlineOf(soon) + 40);
        for (let i = 0; i < 2; i++) {
          const subjects = await other.due(200);
          expect(subjects).toContain(soon.subject);
          for (const head of [later, ended, moved]) expect(subjects).not.toContain(head.subject);
        }
        await store.append([next(soon, expired, { when: 'after' })]);
        expect(await store.due(200)).not.toContain(soon.subject);
      });

      test('three sweepers expire everything exactly once', async () => {
        const third = await world.openAgain();
        const count = rounds(100, 3000);
        const subjects = new Set<Subject>();
        for (let i = 0; i < count; i += 50) {
          const heads = await Promise.all(
            Array.from({ length: 50 }, () => mint({ ms: 20 + Math.floor(random() * 300) })),
          );
          for (const head of heads) subjects.add(head.subject);
        }
        const outcomes = new Map<string, number>();
        const until = Date.now() + 60_000;
        let open = subjects.size;

        async function sweep(at: EventStore): Promise<void> {
          while (open > 0 && Date.now() < until) {
            const due = (await at.due(200)).filter((subject) => subjects.has(subject));
            const { heads } = await at.read(due);
            for (const head of heads) {
              if (head === null || head.final) continue;
              const result = await at.append([next(head, expired, { when: 'after' })]);
              outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
              if (result.outcome === 'appended') open--;
            }
            await sleep(2);
          }
        }

        await Promise.all([sweep(store), sweep(other), sweep(third)]);
        expect(outcomes.get('appended')).toBe(subjects.size);
        expect(outcomes.get('already') ?? 0).toBe(0);
        const { heads } = await store.read([...subjects]);
        expect(heads.every((head) => head?.status === 'expired' && head.version === 2)).toBe(true);
        expect((await store.due(200)).filter((subject) => subjects.has(subject))).toEqual([]);
      });

      test('is bounded: the limit holds, and more than 200 is 200', async () => {
        const heads = await Promise.all(Array.from({ length: 230 }, () => mint({ ms: 1 })));
        await untilStoreTime(store, Math.max(...heads.map(deadlineOf)));
        expect(await store.due(3)).toHaveLength(3);
        expect((await store.due(1_000)).length).toBeLessThanOrEqual(200);
        for (const head of heads) await store.append([next(head, expired, { when: 'after' })]);
      });
    });

    describe('rebuild', () => {
      test('heads that were lost come back byte for byte', async () => {
        const heads: Head[] = [];
        for (let i = 0; i < 12; i++) {
          let head = await mint();
          if (i % 4 > 0) head = await grow(head, SCANNED, { ms: 30_000 });
          if (i % 4 > 1) head = await grow(head, i % 8 > 3 ? confirmed : denied);
          heads.push(head);
        }
        const ticket = heads[7] as Head;
        const session = sessionBeside(ticket.subject, random);
        await store.append([first(session, opened(ticket.subject, cursorOfHead(ticket)), LONG)]);
        const subjects = [...heads.map((head) => head.subject), session];
        const before = await Promise.all(subjects.map((subject) => world.rawHead(subject)));
        expect(before).not.toContain(null);

        await world.deleteHeads(subjects);
        expect((await store.read(subjects)).heads.every((head) => head === null)).toBe(true);
        const rebuilt = await Promise.all(subjects.map((subject) => store.rebuild(subject)));
        expect(rebuilt.slice(0, 12)).toEqual(heads);
        expect(await Promise.all(subjects.map((subject) => world.rawHead(subject)))).toEqual(before);

        const grown = await store.append([next(ticket, { type: 'redeemed', data: {} }, { when: 'any' })]);
        expect(grown.outcome).toBe(ticket.final ? 'conflict' : 'appended');
      });

      test('an append behind a lost head is missing until it is rebuilt', async () => {
        const minted = await mint();
        await world.deleteHeads([minted.subject]);
        const scan = next(minted, SCANNED, { life: LONG });
        expect((await store.append([scan])).outcome).toBe('missing');
        await store.rebuild(minted.subject);
        expect((await store.append([scan])).outcome).toBe('appended');
      });

      test('what is there is left alone, and what never was stays so', async () => {
        const minted = await mint();
        expect(await store.rebuild(minted.subject)).toEqual(minted);
        expect(await store.rebuild(freshTicket(random))).toBeNull();
      });

      test('many at once, from two nodes, agree', async () => {
        const scanned = await grow(await mint(), SCANNED);
        await world.deleteHeads([scanned.subject]);
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? store : other).rebuild(scanned.subject)),
        );
        expect(answers.every((head) => head?.version === 2)).toBe(true);
        expect(await headOf(store, scanned.subject)).toEqual(scanned);
      });

      test('a rebuilt head is due again', async () => {
        const minted = await mint({ ms: 20 });
        await world.deleteHeads([minted.subject]);
        await store.rebuild(minted.subject);
        await untilStoreTime(store, deadlineOf(minted));
        expect(await store.due(200)).toContain(minted.subject);
        await store.append([next(minted, expired, { when: 'after' })]);
      });

      test('an event of a newer schema is never folded past, and others are left alone', async () => {
        const minted = await mint();
        const bystander = await mint();
        const scan = next(minted, SCANNED, { life: LONG });
        const newer: Append = {
          ...scan,
          event: { ...scan.event, type: 'teleported', schema: 1, data: '{"to":"mars"}' },
          head: { ...scan.head, status: 'teleported', schema: 999, blob: '{"status":"teleported"}' },
        };
        expect((await store.append([newer])).outcome).toBe('appended');
        const raised = next(bystander, SCANNED, { life: LONG });
        const alsoNewer = await mint();
        const higher = next(alsoNewer, SCANNED, { life: LONG });
        await store.append([{ ...higher, event: { ...higher.event, schema: 999 } }]);
        await world.deleteHeads([minted.subject, bystander.subject, alsoNewer.subject]);
        await expect(store.rebuild(minted.subject)).rejects.toThrow(NewerSchema);
        await expect(store.rebuild(alsoNewer.subject)).rejects.toThrow(NewerSchema);
        expect(await store.rebuild(bystander.subject)).toEqual(bystander);
        expect((await store.append([raised])).outcome).toBe('appended');
        expect((await store.history(minted.subject)).map((event) => event.type)).toEqual([
          'minted',
          'teleported',
        ]);
      });
    });

    describe('feed', () => {
      test('tells what moves from ready on, from any node, canaries too', async () => {
        const before = await mint();
        const listener = await listen(store);
        const scanned = await grow(before, SCANNED);
        const later = freshTicket(random);
        await other.append([first(later, mintedEvent, LONG)]);
        const canary = canarySubject(freshId(random));
        await other.append([{ ...first(later, mintedEvent, { ms: 10_000 }), subject: canary }]);
        await listener.until((seen) =>
          [scanned.subject, later, canary].every((subject) => seen.has(subject)),
        );
        await listener.stop();
      });

      test('starts at the end: what was before is not told', async () => {
        const before = await mint();
        await sleep(50);
        const listener = await listen(store);
        const after = await mint();
        await listener.until((seen) => seen.has(after.subject));
        expect(listener.seen.has(before.subject)).toBe(false);
        await listener.stop();
      });

      test('misses nothing, whenever one starts to listen', async () => {
        const told: { listener: Listener; wanted: Set<Subject> }[] = [];
        const listening: Promise<void>[] = [];
        const stores = [store, other, await world.openAgain()];
        const heads: Head[] = [];
        for (let step = 0; step < rounds(120, 2500); step++) {
          const at = stores[Math.floor(random() * stores.length)] as EventStore;
          const dice = random();
          if (dice < 0.04 && listening.length < 12) {
            listening.push(
              listen(at).then((listener) => {
                told.push({ listener, wanted: new Set() });
                return undefined;
              }),
            );
          } else {
            const awake = told.slice();
            const subject = await moveSomething(at, dice);
            for (const { wanted } of awake) wanted.add(subject);
          }
          if (dice > 0.97) await sleep(random() * 15);
        }
        await Promise.all(listening);
        expect(told.length).toBeGreaterThan(0);
        for (const { listener, wanted } of told) {
          await listener.until((seen) => [...wanted].every((subject) => seen.has(subject)));
          await listener.stop();
        }

        async function moveSomething(at: EventStore, dice: number): Promise<Subject> {
          const head = heads.pop();
          if (head === undefined || dice < 0.5) {
            const fresh = await mint();
            heads.push(fresh);
            return fresh.subject;
          }
          const result = await at.append([next(head, SCANNED, { life: LONG })]);
          expect(result.outcome).toBe('appended');
          return head.subject;
        }
      });

      test('ends with its signal, at once, and when it was aborted before', async () => {
        const listener = await listen(store);
        await sleep(20);
        const start = Date.now();
        await listener.stop();
        expect(Date.now() - start).toBeLessThan(10_000);
        const aborted = AbortSignal.abort();
        for await (const batch of store.feed({ signal: aborted })) expect(batch).toBeUndefined();
      });
    });

    describe('life of a store', () => {
      test('it is up, and all who open it see one timeline', () => {
        expect(store.health().up).toBe(true);
        expect(store.health().timeline).not.toBe('');
        expect(other.health().timeline).toBe(store.health().timeline);
      });
    });
  });

  /*
   * Each of these has data of its own, and nobody else is on it: a store that is still open on the same server would
   * take the new data for a failover, and put back what it saw with its own longer history.
   */
  describe(`${name}, alone on its data (seed ${SEED})`, () => {
    const random = seeded(SEED);
    const { first } = appendMaker(random);

    test('after the history a head is gone, and its first event still cannot be doubled', async () => {
      const brief = await makeStore({ historyMs: 1_500, lifeMaxMs: 60, callTimeoutMs: 5_000 });
      try {
        const subject = freshTicket(random);
        const append = first(subject, mintedEvent, { ms: 40 });
        const deadline = written(await brief.store.append([append]))[0]?.deadline ?? 0;
        expect(await headOf(brief.store, subject)).toMatchObject({ version: 1 });
        await untilStoreTime(brief.store, deadline + 1_700);
        expect((await brief.store.read([subject])).heads).toEqual([null]);
        expect(await brief.store.rebuild(subject)).toBeNull();
        const again = await brief.store.append([append]);
        expect(['already', 'conflict']).toContain(again.outcome);
        expect((await brief.store.read([subject])).heads).toEqual([null]);
      } finally {
        await brief.close();
      }
    });

    test('closing settles what is pending, ends feeds, and refuses what comes later', async () => {
      const own = await makeStore(SETTINGS);
      const listener = await listen(own.store);
      const pending = Array.from({ length: 20 }, () =>
        own.store.append([first(freshTicket(random), mintedEvent, LONG)]).then(
          (result) => result.outcome,
          (error: Error) => error.name,
        ),
      );
      await own.store.close();
      for (const outcome of await Promise.all(pending)) {
        expect(['appended', 'StoreUnavailable']).toContain(outcome);
      }
      await expect(own.store.read([freshTicket(random)])).rejects.toMatchObject({
        name: 'StoreUnavailable',
      });
      expect(own.store.health().up).toBe(false);
      await listener.ended;
      await own.close();
    });
  });
}

interface Listener {
  readonly seen: { readonly has: (subject: Subject) => boolean };
  readonly until: (condition: (seen: Listener['seen']) => boolean) => Promise<void>;
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Listens to a feed; `all` counts as every subject. Settles once the feed is ready. */
async function listen(store: EventStore): Promise<Listener> {
  const abort = new AbortController();
  const subjects = new Set<Subject>();
  let all = false;
  let wake = (): void => {};
  let failure: unknown;
  const seen = { has: (subject: Subject): boolean => all || subjects.has(subject) };
  let isReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });

  function take(batch: FeedBatch): void {
    if (batch.kind === 'all') all = true;
    else for (const subject of batch.subjects) subjects.add(subject);
    wake();
  }

  async function run(): Promise<void> {
    try {
      for await (const batch of store.feed({ signal: abort.signal, ready: isReady })) take(batch);
    } catch (error) {
      failure = error;
    } finally {
      isReady();
      wake();
    }
  }

  const ended = run();
  await ready;
  return {
    seen,
    ended,
    stop: async () => {
      abort.abort();
      await ended;
      if (failure !== undefined) throw failure as Error;
    },
    until: async (condition) => {
      const end = Date.now() + 10_000;
      while (!condition(seen)) {
        if (failure !== undefined) throw failure as Error;
        if (Date.now() > end) throw new Error('the feed did not tell in time');
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 200);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
  };
}

function written(result: AppendResult): readonly { id: Cursor; at: number; deadline: number }[] {
  if (!('moments' in result)) throw new Error(`not written: ${JSON.stringify(result)}`);
  return result.moments;
}

function expectOneWinner(results: readonly AppendResult[]): void {
  const winners = results.filter((result) => result.outcome === 'appended');
  const losers = results.filter((result) => result.outcome === 'conflict');
  expect(winners).toHaveLength(1);
  expect(losers).toHaveLength(results.length - 1);
  for (const loser of losers) {
    if (!('head' in loser) || loser.head === null) throw new Error('a loser was shown no head');
    expect(cursorOfHead(loser.head)).toBe(written(winners[0] as AppendResult)[0]?.id);
  }
}
