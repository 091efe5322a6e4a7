import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { EventStore } from '../../src/store/event-store.ts';
import type { Incident } from '../../src/store/redis/failover/incident.ts';
import { CannotPlay, fakedClock } from '../chaos/faketime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import type { SentinelTopology } from '../support/sentinel.ts';
import { until } from '../support/until.ts';
import { openStores } from './redis-support.ts';

/** A machine without faketime cannot give a server another clock. */
const canFake = await fakedClock({ fixed: '+0' }).then(
  () => true,
  (error: unknown) => {
    if (!(error instanceof CannotPlay)) throw error;
    console.warn(`the test of Redis' clocks is left out: ${error.message} (apt-get install faketime)`);
    return false;
  },
);

let topology: SentinelTopology;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let store: EventStore;
const incidents: Incident[] = [];

beforeEach(async () => {
  if (!canFake) return;
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'offset'), '+0');
  const clock = Object.entries(await fakedClock({ file: join(folder.path, 'offset') }));
  const faked = ['env', ...clock.map(([name, value]) => `${name}=${value}`)];
  topology = await startSentinelTopology({ under: (node) => (node === 0 ? faked : []) });
  ({ store } = await openStores(topology.url, {}, { onIncident: (incident) => incidents.push(incident) }));
}, 60_000);

afterEach(async () => {
  if (!canFake) return;
  await store.close();
  await topology.stop();
  await folder.remove();
});

(canFake ? test : test.skip)(
  'a master whose clock is 5 s from its replicas’ is said, until it is not',
  async () => {
    const turned = (): boolean[] =>
      incidents.flatMap((incident) =>
        incident.kind === 'clocks' && incident.turned ? [incident.apart] : [],
      );
    await until(() => incidents.filter(({ kind }) => kind === 'clocks').length > 2, { withinMs: 15_000 });
    expect(store.health().clockSkewMs).toBeLessThan(500);
    expect(turned()).toEqual([]);

    await writeFile(join(folder.path, 'offset'), '+5s');
    await until(() => turned().length === 1, { withinMs: 12_000 });
    expect(store.health().clockSkewMs).toBeGreaterThan(4_500);
    expect(store.health().clockSkewMs).toBeLessThan(5_500);

    await topology.failover();
    await until(() => store.health().up, { withinMs: 10_000 });
    expect(turned()).toEqual([true]);
    await writeFile(join(folder.path, 'offset'), '+0');
    await until(() => turned().length === 2, { withinMs: 12_000 });
    expect(turned()).toEqual([true, false]);
  },
  60_000,
);
