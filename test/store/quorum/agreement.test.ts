import { describe, expect, test } from '@jest/globals';
import { agreementOf } from '../../../src/store/redis/quorum/agreement.ts';
import { Majority } from '../../../src/store/redis/quorum/majority.ts';
import { missingReplicas, requiredReplicas } from '../../../src/store/redis/quorum/required.ts';
import type { VoterView } from '../../../src/store/redis/quorum/voter-view.ts';
import { readClusterNode, readSentinel } from '../../../src/store/redis/quorum/voter-view.ts';

const OLD = '10.0.0.1:6379';
const NEW = '10.0.0.2:6379';
const OTHER = '10.0.0.3:6379';

let ids = 0;
function view(master: string, epoch: number, replicas: string[], rest: Partial<VoterView> = {}): VoterView {
  ids += 1;
  return {
    id: `sentinel-${ids}`,
    master,
    epoch,
    voters: 3,
    replicas: replicas.map((text) => ({ name: text.replace('!', ''), down: text.endsWith('!') })),
    ...rest,
  };
}

const at = (offset: number, acknowledged: Record<string, number>) => ({
  offset,
  acknowledged: new Map(Object.entries(acknowledged)),
});

describe('what a majority of the Sentinels agrees on', () => {
  test('two of three that say the same, the third silent or of another mind', () => {
    const two = [view(NEW, 2, [OLD, OTHER]), view(NEW, 2, [OLD, OTHER])];
    expect(agreementOf(two)).toMatchObject({ master: NEW, epoch: 2 });
    expect(agreementOf([view(OLD, 1, [NEW]), ...two])).toMatchObject({ master: NEW, epoch: 2 });
  });

  test('nobody where each says something else, or the same master of two epochs', () => {
    expect(agreementOf([view(OLD, 1, []), view(NEW, 2, [])])).toBeUndefined();
    expect(agreementOf([view(OLD, 1, []), view(OLD, 3, [])])).toBeUndefined();
    expect(agreementOf([])).toBeUndefined();
  });

  test('those that the address does not name count: one of three is no majority', () => {
    expect(agreementOf([view(OLD, 1, [])])).toBeUndefined();
    expect(agreementOf([view(OLD, 1, [], { voters: 1 })])).toMatchObject({ master: OLD });
    expect(agreementOf([view(OLD, 1, [], { voters: 5 }), view(OLD, 1, []), view(OLD, 1, [])])).toMatchObject({
      master: OLD,
    });
    expect(agreementOf([view(OLD, 1, [], { voters: 5 }), view(OLD, 1, [])])).toBeUndefined();
  });

  test('one that was reset and knows of itself alone is no majority of those who agreed before', async () => {
    let views = [view(OLD, 1, []), view(OLD, 1, []), view(OLD, 1, [])];
    const voters = [0, 1, 2].map((i) => ({
      view: async () => {
        if (views[i] === undefined) throw new Error('away');
        return views[i];
      },
    }));
    const majority = new Majority({
      voters: () => voters,
      limitMs: 1_000,
      wait: () => new Promise(() => {}),
    });
    expect(await majority.ask()).toMatchObject({ master: OLD });
    views = [view(OLD, 0, [], { voters: 1 })];
    expect(await majority.ask()).toBeUndefined();
    views = [view(NEW, 2, [], { voters: 1 }), view(NEW, 2, [], { voters: 2 })];
    expect(await majority.ask()).toMatchObject({ master: NEW });
  });

  test('one Sentinel behind two addresses has one voice', () => {
    expect(agreementOf([view(OLD, 1, [], { id: 'a' }), view(OLD, 1, [], { id: 'a' })])).toBeUndefined();
  });

  test('a replica is down where most of those that list it say so', () => {
    const agreement = agreementOf([
      view(OLD, 1, [`${NEW}!`, OTHER]),
      view(OLD, 1, [`${NEW}!`, `${OTHER}!`]),
      view(OLD, 1, [NEW, OTHER]),
    ]);
    expect(agreement?.replicas).toEqual([
      { name: NEW, down: true },
      { name: OTHER, down: false },
    ]);
  });
});

describe('which replicas must hold an event', () => {
  const agreement = agreementOf([view(OLD, 1, [NEW, OTHER]), view(OLD, 1, [NEW, OTHER])]);

  test('all that are listed, whether they are attached or not', () => {
    expect(requiredReplicas(agreement, at(7, { [OTHER]: 7 }), new Set())).toEqual([NEW, OTHER]);
  });

  test('the one that a move has chosen is missed, whatever the other one acknowledges', () => {
    const doomed = at(7, { [OTHER]: 7 });
    expect(missingReplicas(requiredReplicas(agreement, doomed, new Set()), 7, doomed)).toEqual([NEW]);
  });

  test('one that most cannot reach is not waited for, one that only the master knows is', () => {
    const views = [view(OLD, 1, [`${NEW}!`]), view(OLD, 1, [`${NEW}!`])];
    expect(requiredReplicas(agreementOf(views), at(7, { [OTHER]: 3 }), new Set())).toEqual([OTHER]);
  });

  test('the former master counts from when it is attached', () => {
    const term = agreementOf([view(NEW, 2, [OLD, OTHER]), view(NEW, 2, [OLD, OTHER])]);
    expect(requiredReplicas(term, at(7, { [OTHER]: 7 }), new Set([OLD]))).toEqual([OTHER]);
    expect(requiredReplicas(term, at(7, { [OTHER]: 7, [OLD]: 0 }), new Set([OLD]))).toEqual([OLD, OTHER]);
  });

  test('without Sentinels, those that are attached', () => {
    expect(requiredReplicas(undefined, at(7, { [OTHER]: 7 }), new Set())).toEqual([OTHER]);
  });
});

test('what a Sentinel answers is read by its names', () => {
  const master = ['name', 'm', 'ip', '10.0.0.1', 'port', '6379', 'flags', 'master', 'config-epoch', '4'];
  const replica = (port: string, flags: string) => ['ip', '10.0.0.9', 'port', port, 'flags', flags];
  expect(
    readSentinel(
      'id',
      [...master, 'num-other-sentinels', '2'],
      [replica('1', 'slave'), replica('2', 's_down,slave,disconnected'), replica('3', 'slave,disconnected')],
    ),
  ).toEqual({
    id: 'id',
    master: '10.0.0.1:6379',
    epoch: 4,
    voters: 3,
    replicas: [
      { name: '10.0.0.9:1', down: false },
      { name: '10.0.0.9:2', down: true },
      { name: '10.0.0.9:3', down: true },
    ],
  });
  expect(() => readSentinel('id', master, [])).toThrow('SENTINEL MASTER');
});

const NODES = `\
a1 127.0.0.1:7001@17001,host-a myself,master - 0 1 5 connected 0-5460
b1 127.0.0.1:7002@17002 master - 0 1 2 connected 5461-10922 [5461->-a1]
c1 127.0.0.1:7003@17003 master,fail - 0 1 3 connected 10923-16383
b2 127.0.0.1:7005@17005 slave b1 0 1 2 connected
b3 127.0.0.1:7006@17006 slave,fail? b1 0 1 2 connected
d1 127.0.0.1:7009@17009 master - 0 1 0 connected
`;

test('what a master of a Cluster answers is read for the master of some slots', () => {
  expect(readClusterNode(NODES, [5461, 9000])).toEqual({
    id: 'a1',
    voters: 3,
    master: '127.0.0.1:7002',
    epoch: 2,
    replicas: [
      { name: '127.0.0.1:7005', down: false },
      { name: '127.0.0.1:7006', down: true },
    ],
  });
  expect(readClusterNode(NODES, [0])).toMatchObject({ master: '127.0.0.1:7001', replicas: [] });
});

test('slots of two masters are nobody’s, and a replica has no vote', () => {
  expect(readClusterNode(NODES, [0, 9000])).toBeUndefined();
  expect(
    readClusterNode(NODES.replace('slave b1', 'myself,slave b1').replace('myself,master', 'master'), [0]),
  ).toBe(undefined);
});
