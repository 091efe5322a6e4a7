import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MINTED, appendMaker, freshTicket, seeded } from '../../contract/appends.ts';
import { recordOf } from '../../support/ask.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startRedis } from '../../support/redis.ts';
import type { Redis } from '../../support/redis.ts';
import { sentinelFile, startSentinelTopology } from '../../support/sentinel.ts';
import { until } from '../../support/until.ts';
import { openStores } from '../redis-support.ts';

test('Sentinels that take the places of others are learnt, though the address names neither', async () => {
  const topology = await startSentinelTopology({ replicas: 1 });
  const folder = await temporaryFolder();
  const [named, ...others] = topology.sentinels as [Redis, ...Redis[]];
  const fresh: Redis[] = [];
  const { masterName } = topology;
  const { store } = await openStores(`redis+sentinel://127.0.0.1:${named.port}/${masterName}`);
  const { first } = appendMaker(seeded(7));
  const random = seeded(8);
  const mint = (): Promise<unknown> =>
    store.append([first(freshTicket(random), { type: 'minted', data: MINTED }, { ms: 60_000 })]);
  const sees = (others: number): Promise<unknown> =>
    until(
      async () => {
        const seen = recordOf(await named.ask('SENTINEL', 'MASTER', masterName));
        return Number(seen['num-other-sentinels']) === others && Number(seen['num-slaves']) === 1;
      },
      { withinMs: 30_000, everyMs: 100, what: `${others} other Sentinels` },
    );
  try {
    await mint();
    const master = await topology.master();
    for (const [index, other] of others.entries()) {
      const file = join(folder.path, `sentinel-${index}.conf`);
      await writeFile(file, sentinelFile(masterName, master.port, 3, {}));
      fresh.push(await startRedis({ args: [file, '--sentinel'] }));
      await sees(others.length + 1);
      await other.kill();
      for (const sentinel of [named, ...fresh]) await sentinel.ask('SENTINEL', 'RESET', masterName);
      await sees(others.length);
      await until(mint, { withinMs: 30_000, everyMs: 100, what: 'a majority of those that are there now' });
    }
    expect(store.health().up).toBe(true);
  } finally {
    await store.close();
    for (const sentinel of fresh) await sentinel.stop();
    await topology.stop();
    await folder.remove();
  }
});
