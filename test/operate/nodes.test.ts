import { expect, test } from '@jest/globals';
import { Nodes } from '../../src/operate/page/nodes.ts';
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
