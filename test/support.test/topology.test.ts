import { expect, test } from '@jest/globals';
import { startClusterTopology } from '../support/cluster.ts';
import { rounds } from '../support/random.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import { until } from '../support/until.ts';

test('Sentinel: settles, promotes after a kill -9, moves as planned', async () => {
  const topology = await startSentinelTopology();
  try {
    const old = await topology.master();
    expect(old).toBe(topology.nodes[0]);
    expect(await topology.replicas()).toHaveLength(2);
    await old.ask('SET', 'key', 'value');
    expect(await old.ask('WAIT', 2, 1000)).toBe(2);

    await old.kill();
    const promoted = await topology.switched(old);
    expect(await promoted.ask('GET', 'key')).toBe('value');
    expect(await topology.failover()).not.toBe(promoted);

    if (rounds(0, 1) > 0) {
      await old.restart(); // Sentinel takes a returned master back only after 10 to 20 s
      await topology.settled();
      expect((await old.info('replication'))['role']).toBe('slave');
    }
  } finally {
    await topology.stop();
  }
});

test('Cluster: settles, promotes after a kill -9, moves as planned, migrates a slot', async () => {
  const topology = await startClusterTopology();
  try {
    const old = await topology.masterOf('key');
    await old.ask('SET', 'key', 'value');
    expect(await topology.masters()).toHaveLength(3);
    expect(await old.ask('WAIT', 1, 1000)).toBe(1);

    await old.kill();
    const promoted = await until(
      async () => {
        const now = await topology.masterOf('key');
        return now !== old && now;
      },
      { withinMs: 30_000, what: 'a promotion' },
    );
    await old.restart();
    await topology.settled();
    expect(await promoted.ask('GET', 'key')).toBe('value');

    expect(await topology.failover(promoted)).toBe(old);
    await topology.settled();

    const [other] = (await topology.masters()).filter((node) => node !== old);
    await topology.moveSlot(await topology.slotOf('key'), other!);
    await topology.settled();
    expect(await topology.masterOf('key')).toBe(other);
    expect(await other!.ask('GET', 'key')).toBe('value');
  } finally {
    await topology.stop();
  }
});
