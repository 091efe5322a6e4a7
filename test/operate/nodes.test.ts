import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { systemTime } from '../../src/time/system-time.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import { temporaryFolder } from '../support/folder.ts';
import { Nodes } from '../../src/operate/page/nodes.ts';
import type { NodeWord } from '../../src/operate/page/nodes.ts';
import type { Ledger } from '../../src/store/ledger.ts';

test('a node that others were told of is unknown once the store has been away for longer than its word counts', async () => {
  let now = 0;
  let isAway = false;
  const given = async <T>(value: T): Promise<T> => {
    if (isAway) throw new Error('away');
    return value;
  };
  const ledger = {
    members: () => given(['one', 'other']),
    get: () => given('{"name":"other:8080","state":"ready"}'),
  } as unknown as Ledger;
  const nodes = new Nodes(ledger, 'one', () => now);
  const states = (): readonly string[] => nodes.others.map(({ state }) => state);
  await nodes.look();
  isAway = true;
  now = 20_000;
  await nodes.look();
  expect(states()).toEqual(['ready']);
  now += 1;
  expect(states()).toEqual(['unknown']);
  isAway = false;
  await nodes.look();
  expect(states()).toEqual(['ready']);
});

test('a word that a failover took back is said anew at once', async () => {
  const folder = await temporaryFolder();
  const settings = { historyMs: 600_000, lifeMaxMs: 3_600_000, callTimeoutMs: 5000 };
  const opened = await openFileStore({ folder: folder.path, settings, time: systemTime, newId: randomUUID });
  const { ledger } = opened;
  const here = new Nodes(ledger, 'here', () => 0);
  const there = new Nodes(ledger, 'there', () => 0);
  const says = async (state: string): Promise<unknown> => {
    await here.say({ ...WORD, state });
    await there.look();
    return there.others.map((node) => node.state);
  };
  try {
    expect(await says('ready')).toEqual(['ready']);
    expect(await says('away')).toEqual(['away']);
    const [key, earlier] = ['operators-node:here', JSON.stringify({ ...WORD, state: 'ready' })];
    expect(await ledger.replaceIf(key, await ledger.get(key), earlier, 20_000)).toBe(true);
    expect(await says('draining')).toEqual(['draining']);
    await ledger.delete(key);
    expect(await says('ready')).toEqual(['ready']);
  } finally {
    await opened.store.close();
    await folder.remove();
  }
});

const WORD: NodeWord = {
  name: 'here:8080',
  version: '0.1.0',
  started_at: '2030-01-01T00:00:00.000Z',
  state: 'ready',
  page: false,
  waiting: 0,
  counted_ms: 0,
  minted: 0,
  scanned: 0,
  confirmed: 0,
  redeemed: 0,
  denied: 0,
  cancelled: 0,
  expired: 0,
};
