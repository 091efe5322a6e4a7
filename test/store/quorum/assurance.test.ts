import { expect, test } from '@jest/globals';
import type { Agreement, Term } from '../../../src/store/redis/quorum/agreement.ts';
import { Assurance } from '../../../src/store/redis/quorum/assurance.ts';
import type { AssuranceOptions } from '../../../src/store/redis/quorum/assurance.ts';
import { FormerMasters } from '../../../src/store/redis/quorum/former-masters.ts';
import type { Replication } from '../../../src/store/redis/quorum/replication.ts';

const OLD = '10.0.0.1:6379';
const NEW = '10.0.0.2:6379';
const OTHER = '10.0.0.3:6379';

/** A master whose servers and voters say what a test lets them say, in a time that passes only where it is waited. */
function stand(durability: AssuranceOptions['durability'] = 'auto') {
  const world = {
    term: { master: OLD, epoch: 1 } as Term | undefined,
    agreement: undefined as Agreement | undefined,
    /** How far each attached replica is behind. */
    behind: { [NEW]: 0, [OTHER]: 0 } as Record<string, number>,
    replicasKnown: 2,
    former: new FormerMasters(),
    now: 0,
    asked: [] as string[],
    onAsk: (_count: number): void => undefined,
  };
  const agree = (replicas: readonly string[], term: Term = { master: OLD, epoch: 1 }): void => {
    world.agreement = {
      ...term,
      replicas: replicas.map((text) => ({ name: text.replace('!', ''), down: text.endsWith('!') })),
    };
    world.former.heard(term);
  };
  agree([NEW, OTHER]);
  const replication = (): Replication => ({
    offset: 100,
    acknowledged: new Map(Object.entries(world.behind).map(([name, behind]) => [name, 100 - behind])),
  });
  const assurance = new Assurance(
    {
      term: () => world.term,
      former: (attached) => {
        world.former.attached(attached);
        return world.former.names;
      },
      replicasKnown: () => world.replicasKnown,
      ask: async () => {
        world.asked.push('majority');
        world.onAsk(world.asked.length);
        return world.agreement;
      },
      replication: async (replicas) => {
        world.asked.push(`replicas ${replicas}`);
        world.onAsk(world.asked.length);
        return [replication(), replication()];
      },
    },
    {
      durability,
      timeoutMs: 500,
      now: () => world.now,
      wait: async (ms) => {
        world.now += ms;
      },
    },
  );
  return { world, agree, assurance };
}

test('the majority is asked after the replicas', async () => {
  const { world, assurance } = stand();
  expect(await assurance.onReplicas()).toBe('sure');
  expect(world.asked).toEqual(['replicas 0', 'majority']);
  expect(await assurance.asMaster()).toBe('sure');
});

test('a planned move: the replica that was chosen has left, the other acknowledges all the same', async () => {
  const { world, assurance } = stand();
  world.behind = { [OTHER]: 0 };
  expect(await assurance.onReplicas()).toBe('not_replicated');
  expect(world.now).toBeGreaterThanOrEqual(500);
});

test('a replica that catches up in time is waited for', async () => {
  const { world, assurance } = stand();
  world.behind = { [NEW]: 50, [OTHER]: 0 };
  world.onAsk = (count) => {
    if (count > 6) world.behind = { [NEW]: 0, [OTHER]: 0 };
  };
  expect(await assurance.onReplicas()).toBe('sure');
});

test('another master, another epoch, and nobody to ask', async () => {
  const { world, agree, assurance } = stand();
  agree([OLD, OTHER], { master: NEW, epoch: 2 });
  expect(await assurance.asMaster()).toBe('not_master');
  expect(await assurance.onReplicas()).toBe('not_master');
  agree([NEW, OTHER], { master: OLD, epoch: 3 });
  expect(await assurance.asMaster()).toBe('not_master');
  world.agreement = undefined;
  expect(await assurance.onReplicas()).toBe('not_master');
});

test('without a replica that counts: told under auto, refused under replicated', async () => {
  for (const [durability, assured] of [
    ['auto', 'sure'],
    ['replicated', 'not_replicated'],
  ] as const) {
    const { world, agree, assurance } = stand(durability);
    agree([`${NEW}!`, `${OTHER}!`]);
    world.behind = {};
    expect(await assurance.onReplicas()).toBe(assured);
  }
});

test('the master of the term before counts once it was attached in this one', async () => {
  const { world, agree, assurance } = stand();
  world.term = { master: NEW, epoch: 2 };
  agree([OLD, OTHER], world.term);
  world.behind = { [OTHER]: 0 };
  expect(await assurance.onReplicas()).toBe('sure');
  world.behind = { [OTHER]: 0, [OLD]: 50 };
  expect(await assurance.onReplicas()).toBe('not_replicated');
  world.behind = { [OTHER]: 0 };
  expect(await assurance.onReplicas()).toBe('not_replicated');
});

test('a single Redis: those that are attached count, and without any nobody is asked', async () => {
  const { world, assurance } = stand();
  world.term = undefined;
  world.behind = { [OTHER]: 50 };
  expect(await assurance.onReplicas()).toBe('not_replicated');
  world.asked = [];
  world.replicasKnown = 0;
  expect(await assurance.onReplicas()).toBe('sure');
  expect(await assurance.asMaster()).toBe('sure');
  expect(world.asked).toEqual([]);
  expect(await stand('replicated').assurance.onReplicas()).toBe('sure');
});

test('two Sentinels led a failover each: the master of a moment is not waited for either', async () => {
  const { world, agree, assurance } = stand();
  agree([OLD, OTHER], { master: NEW, epoch: 2 });
  world.term = { master: OTHER, epoch: 3 };
  agree([OLD, NEW], world.term);
  world.behind = {};
  expect(await assurance.onReplicas()).toBe('sure');
  agree([`${OLD}!`, NEW], { master: OTHER, epoch: 3 });
  world.behind = { [NEW]: 50 };
  expect(await assurance.onReplicas()).toBe('not_replicated');
});
