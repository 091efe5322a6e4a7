import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive, Kept } from '../../src/record/archive.ts';
import type { Entry, Facts, Personal } from '../../src/record/entry/entry.ts';
import { idOf } from '../../src/record/ids/sortable-id.ts';
import type { SortableId } from '../../src/record/ids/sortable-id.ts';
import { ChainWriter } from '../../src/record/keeping/chain-writer.ts';
import { forgetPerson } from '../../src/record/keeping/forgetting.ts';
import { PersonKeys } from '../../src/record/keeping/person-keys.ts';
import { trimOld } from '../../src/record/keeping/retention.ts';
import { linkHash } from '../../src/record/chain/link.ts';
import type { ToldEntry } from '../../src/record/chain/entry-text.ts';
import { decisionsOf } from '../../src/record/search/history.ts';
import { search } from '../../src/record/search/search.ts';
import type { Search } from '../../src/record/search/search.ts';
import { StoreUnavailable } from '../../src/store/event-store.ts';
import type { User } from '../../src/ticket/events.ts';

const START_MS = Date.UTC(2026, 5, 1);

/** An entry, `at` milliseconds after the start. */
export function entry(at: number, facts: Partial<Facts> = {}, personal: Personal = {}): Entry {
  const user = { user: 'ada', source: 'demo', issuer: 'demo', address: '192.0.2.7' };
  return {
    id: idOf(START_MS + at, at % 4096),
    facts: { kind: 'confirmed', ticket_id: `t${at}`, client_id: 'demo', cursor: `1-${at}`, ...facts },
    personal: { ...user, ...personal },
  };
}

/** One of a chain, as its node has it. */
export function writer(archive: Archive, chain = 0): ChainWriter {
  return new ChainWriter(archive, chain, new PersonKeys(archive, () => randomBytes(32)));
}

const ALL: Search = { newestFirst: false, limit: 1000 };

/** What every keeper of the archive promises. @param open an empty one, each time. */
export function archiveContract(open: () => Promise<Archive>): void {
  let archive: Archive;

  beforeAll(async () => {
    archive = await open();
  });

  afterAll(async () => {
    await archive.close();
  });

  test('keeps entries in a chain, each behind the hash of the one before', async () => {
    expect(await archive.head(0)).toEqual({ link: 0, hash: '' });
    await writer(archive).add([entry(1), entry(2)]);
    await writer(archive).add([entry(3)]);
    const links = await archive.links(0, 1, 10);
    expect(links.map(({ link }) => link)).toEqual([1, 2, 3]);
    let before = '';
    for (const { hash, text } of links) {
      expect(hash).toBe(linkHash(before, text));
      before = hash;
    }
    expect(await archive.head(0)).toEqual({ link: 3, hash: before });
    expect([...(await archive.heads())]).toEqual([[0, { link: 3, hash: before }]]);
    for (const { text } of links) expect(text).not.toMatch(/ada|192\.0\.2\.7/);
  });

  test('an entry that arrives again stays one, and another event of its id moves up', async () => {
    await writer(archive).add([entry(2), entry(3), { ...entry(3, { cursor: '1-else' }) }]);
    const { events } = await search(archive, { ...ALL });
    expect(events.map(({ cursor }) => cursor)).toEqual(['1-1', '1-2', '1-3', '1-else']);
    expect(new Set(events.map(({ id }) => id)).size).toBe(4);
    await writer(archive).add([{ ...entry(3, { cursor: '1-else' }) }]);
    expect((await search(archive, ALL)).events).toHaveLength(4);
  });

  test('two writers of one chain: what both add is there once, in one chain', async () => {
    const [one, other] = [writer(archive, 1), writer(archive, 1)];
    const entries = Array.from({ length: 20 }, (_, index) => entry(100 + index));
    await Promise.allSettled(
      entries.flatMap((each, index) => [index % 2 === 0 ? one : other].map((w) => w.add([each]))),
    );
    await one.add(entries);
    const links = await archive.links(1, 1, 100);
    expect(links.map(({ link }) => link)).toEqual(links.map((_, index) => index + 1));
    expect(new Set(links.map(({ id }) => id)).size).toBe(20);
    expect(links).toHaveLength(20);
    links.reduce((before, { hash, text }) => {
      expect(hash).toBe(linkHash(before, text));
      return hash;
    }, '');
  });

  test('finds by each column, by time, and page by page, either way', async () => {
    const personal = { user: 'grace', address: '2001:db8::1', browser: { address: '198.51.100.4' } };
    const facts = { ticket_id: 'tg', session_id: 'sg', client_id: 'shop', kind: 'opened' };
    const hers = [201, 202, 203].map((at) => entry(at, { ...facts, cursor: `1-${at}` }, personal));
    await writer(archive).add(hers);
    const ids = hers.map(({ id }) => id.toString());
    const queries: readonly Partial<Search>[] = [
      { user: 'grace' },
      { user: 'demo:grace' },
      { ticket: 'tg' },
      { session: 'sg' },
      { client: 'shop' },
      { address: '2001:db8::1' },
      { address: '198.51.100.4' },
      { kind: 'opened' },
      { user: 'grace', client: 'shop', kind: 'opened' },
      { after: entry(200).id, before: entry(300).id },
    ];
    for (const query of queries) {
      const { events, next } = await search(archive, { ...ALL, ...query });
      expect(events.map(({ id }) => id)).toEqual(ids);
      expect(next).toBeUndefined();
    }
    expect((await search(archive, { ...ALL, user: 'grace', client: 'demo' })).events).toEqual([]);
    const newest = await search(archive, { user: 'grace', newestFirst: true, limit: 2 });
    expect(newest.events.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 2));
    const rest = await search(archive, { user: 'grace', newestFirst: true, limit: 2, before: newest.next });
    expect(rest.events.map(({ id }) => id)).toEqual(ids.slice(0, 1));
  });

  test('lets go of what is old, with its keys, and of nothing else', async () => {
    await trimOld(archive, START_MS + 150);
    const { events } = await search(archive, ALL);
    expect(events.map(({ cursor }) => cursor)).toEqual(['1-201', '1-202', '1-203']);
    expect((await archive.keys(['t1', 't100', 'tg'])).size).toBe(1);
    expect((await search(archive, { ...ALL, user: 'ada' })).events).toEqual([]);
    await writer(archive).add([entry(301)]);
    expect((await archive.links(0, 1, 10)).map(({ link }) => link)).toEqual([5, 6, 7, 8]);
  });

  /** The same archive, whose rows go in once `gate` opens. */
  function behind(gate: Promise<void>): Archive {
    return new Proxy(archive, {
      get(target, name) {
        if (name === 'add')
          return async (...args: Parameters<Archive['add']>) => {
            await gate;
            return await target.add(...args);
          };
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  /** Two writers add at once, the first one's rows coming last. */
  async function atOnce(
    first: (archive: Archive) => Promise<void>,
    last: () => Promise<void>,
  ): Promise<void> {
    let open = (): void => undefined;
    const adding = first(behind(new Promise((resolve) => (open = resolve))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await last();
    open();
    await adding;
  }

  test('tells the last entry of a chain that went, and what stays hangs on it', async () => {
    const floor = await archive.floor(0);
    const [first] = await archive.links(0, 1, 1);
    expect(floor?.link).toBe(4);
    expect(linkHash(floor?.hash ?? '', first?.text ?? '')).toBe(first?.hash);
    expect(await archive.floor(9)).toBeUndefined();
  });

  test('a batch that two readers add at once is there once', async () => {
    const batch = [entry(401), entry(402), entry(403)];
    await atOnce(
      (slow) => writer(slow, 2).add(batch),
      () => writer(archive, 2).add(batch),
    );
    const links = await archive.links(2, 1, 10);
    expect(links.map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
    expect(links.map(({ link }) => link)).toEqual([1, 2, 3]);
  });

  test('a ticket has one key, though two nodes make it at once', async () => {
    const ticket = { ticket_id: 'shared' };
    await atOnce(
      (slow) => writer(slow, 3).add([entry(501, ticket)]),
      () => writer(archive, 4).add([entry(502, ticket)]),
    );
    const { events } = await search(archive, { ...ALL, ticket: 'shared' });
    expect(events.map(({ user }) => user)).toEqual(['ada', 'ada']);
  });

  test('each chain goes from its low end, and a key stays as long as an entry needs it', async () => {
    const ticket = { ticket_id: 'long' };
    const keeper = writer(archive, 5);
    await keeper.add([entry(700, ticket), entry(650), entry(710, ticket)]);
    await archive.trim(entry(690).id, 1000);
    expect(await archive.floor(5)).toBeUndefined();
    await archive.trim(entry(9000).id, 1);
    expect((await archive.links(5, 1, 10)).map(({ link }) => link)).toEqual([2, 3]);
    expect((await search(archive, { ...ALL, ticket: 'long' })).events.map(({ user }) => user)).toEqual([
      'ada',
    ]);
    await archive.trim(entry(9000).id, 1000);
    expect(await archive.keys(['long', 't650'])).toEqual(new Map());
    await keeper.add([entry(720, ticket)]);
    expect((await search(archive, { ...ALL, ticket: 'long' })).events.map(({ user }) => user)).toEqual([
      'ada',
    ]);
  });

  describe('a person is forgotten', () => {
    const alan = { user: 'alan', source: 'demo', issuer: 'demo', address: '203.0.113.9' };
    const bob = { ...alan, user: 'bob', address: '203.0.113.4' };
    const browser = { address: '198.51.100.77' };
    let keeper: ChainWriter;
    let before: readonly Kept[];

    const all = async (query: Partial<Search> = {}): Promise<readonly ToldEntry[]> =>
      (await search(archive, { ...ALL, after: entry(799).id, ...query })).events;
    // Not by a search: that leaves out what is erased, found or not.
    const foundAt = (value: string): Promise<readonly Kept[]> =>
      archive.find({ column: { name: 'address', value }, limit: 10 });
    const cursors = async (query: Partial<Search>): Promise<readonly unknown[]> =>
      (await all(query)).map(({ cursor }) => cursor);

    beforeAll(async () => {
      keeper = writer(archive, 6);
      await keeper.add([
        { ...entry(800, { ticket_id: 'gone', kind: 'minted' }), personal: browser },
        entry(801, { ticket_id: 'gone', session_id: 'sgone' }, alan),
        entry(802, { ticket_id: 'stays' }, bob),
        { ...entry(803, {}, alan), facts: { kind: 'revocation', cursor: '1-803' } },
        // Of another source, another user.
        entry(804, { ticket_id: 'other' }, { ...alan, source: 'jwt', address: '203.0.113.5' }),
      ]);
      before = await archive.links(6, 1, 10);
    });

    test('a dry run tells what would go, and nothing goes', async () => {
      const report = await forgetPerson(archive, { source: 'demo', subject: 'alan' }, { isDryRun: true });
      expect(report).toEqual({ entries: 3, tickets: 1 });
      expect(await cursors({ user: 'demo:alan' })).toEqual(['1-801', '1-803']);
    });

    test('broken off at any step, the same again forgets what is left', async () => {
      const breaksOff = new Proxy(archive, {
        get(target, name) {
          if (name === 'forget')
            return async (keys: readonly string[], ids: readonly SortableId[]) => {
              if (keys.includes('gone')) throw new StoreUnavailable('away');
              await target.forget(keys, ids);
            };
          const member: unknown = Reflect.get(target, name);
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
      const alone = { source: 'demo', subject: 'alan' };
      await expect(forgetPerson(breaksOff, alone, { isDryRun: false })).rejects.toThrow('away');
      expect(await cursors({ user: 'demo:alan' })).toContain('1-801');
      const report = await forgetPerson(archive, alone, { isDryRun: false });
      expect(report.tickets).toBe(1);
    });

    test('nothing tells of them, nothing finds them, and nobody else is forgotten', async () => {
      const told = await all();
      expect(told.filter(({ erased }) => erased === true).map(({ cursor }) => cursor)).toEqual([
        '1-800',
        '1-801',
        '1-803',
      ]);
      for (const one of told.filter(({ erased }) => erased === true)) {
        expect(one).not.toHaveProperty('user');
        expect(one).not.toHaveProperty('address');
      }
      for (const address of [alan.address, browser.address]) expect(await foundAt(address)).toEqual([]);
      expect(await decisionsOf(archive, { ...alan, subject: 'alan', auth_time: 0 } as User, 10)).toEqual([]);
      expect(await archive.find({ column: { name: 'user', value: 'alan' }, limit: 10 })).toHaveLength(1);
      expect(await cursors({ user: 'alan' })).toEqual(['1-804']);
      expect(await cursors({ user: 'bob' })).toEqual(['1-802']);
      expect(await cursors({ ticket: 'gone' })).toEqual(['1-800', '1-801']);
      expect(await cursors({ session: 'sgone' })).toEqual(['1-801']);
      expect(await archive.links(6, 1, 10)).toEqual(before);
      expect([...(await archive.keys(['gone', 'stays', 'other'])).keys()].toSorted()).toEqual([
        'other',
        'stays',
      ]);
    });

    test('again, it finds nothing and does no harm; who was never there as well', async () => {
      const nothing = { entries: 0, tickets: 0 };
      for (const subject of ['alan', 'nobody'])
        expect(await forgetPerson(archive, { source: 'demo', subject }, { isDryRun: false })).toEqual(
          nothing,
        );
      await archive.forget(['gone', 'never'], [entry(800).id, entry(1).id]);
      expect(await archive.forgotten(['gone', 'never', 'stays'])).toEqual(new Set(['gone']));
    });

    test('what comes late of their ticket is kept, and tells of nobody: by a writer that remembers the key, and by another', async () => {
      await keeper.add([entry(810, { ticket_id: 'gone' }, alan), entry(811, { ticket_id: 'new' }, bob)]);
      await writer(archive, 6).add([entry(812, { ticket_id: 'gone' }, alan)]);
      for (let twice = 0; twice < 2; twice += 1) await keeper.add([entry(813, { ticket_id: 'gone' }, alan)]);
      expect((await all({ ticket: 'gone' })).map(({ erased }) => erased)).toEqual([
        true,
        true,
        true,
        true,
        true,
      ]);
      expect(await cursors({ user: 'demo:alan' })).toEqual([]);
      expect(await cursors({ user: 'bob' })).toEqual(['1-802', '1-811']);
      expect(await foundAt(alan.address)).toEqual([]);
    });

    test('an entry that came while the key went is no longer found by them after the next', async () => {
      let isAdded = false;
      const raced = new Proxy(archive, {
        get(target, name) {
          if (name === 'forget')
            return async (keys: readonly string[], ids: readonly SortableId[]) => {
              if (!isAdded && keys.includes('new')) {
                isAdded = true;
                await keeper.add([entry(820, { ticket_id: 'new' }, bob)]);
              }
              await target.forget(keys, ids);
            };
          const member: unknown = Reflect.get(target, name);
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
      await forgetPerson(raced, { source: 'demo', subject: 'bob' }, { isDryRun: false });
      expect(isAdded).toBe(true);
      expect(await archive.find({ column: { name: 'user', value: 'bob' }, limit: 10 })).toEqual([]);
      expect(await foundAt(bob.address)).toEqual([]);
    });

    test('who signs in again is a person once more; and what is forgotten is let go as all else is', async () => {
      await keeper.add([entry(830, { ticket_id: 'again' }, alan)]);
      expect(await cursors({ user: 'demo:alan' })).toEqual(['1-830']);
      await trimOld(archive, START_MS + 825);
      expect(await archive.forgotten(['gone', 'new'])).toEqual(new Set());
      expect(await cursors({})).toEqual(['1-830']);
    });
  });
}
