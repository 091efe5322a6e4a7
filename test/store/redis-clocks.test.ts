import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LastCalls } from '../../src/compose/store/last-calls.ts';
import { storeWatch } from '../../src/compose/store/store-incidents.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { Incident, OnIncident } from '../../src/store/redis/failover/incident.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { Outages } from '../../src/telemetry/outages.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { CannotPlay, fakedClock } from '../chaos/faketime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startSentinelTopology } from '../support/sentinel.ts';
import type { SentinelTopology } from '../support/sentinel.ts';
import { until } from '../support/until.ts';
import { openStoresOnceUp } from './redis-support.ts';

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
let outages: Outages;
const incidents: Incident[] = [];

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly outage?: string;
}
const lines: Line[] = [];

beforeEach(async () => {
  if (!canFake) return;
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'offset'), '+0');
  const clock = Object.entries(await fakedClock({ file: join(folder.path, 'offset') }));
  const faked = ['env', ...clock.map(([name, value]) => `${name}=${value}`)];
  topology = await startSentinelTopology({ under: (node) => (node === 0 ? faked : []) });
  const log = makeLog('info', { write: (line) => void lines.push(JSON.parse(line) as Line) });
  const metrics = makeMetrics(false);
  outages = new Outages({ ...systemTime, log, metrics, quietMs: 1000 });
  const watch = storeWatch({ log, metrics, outages, lastCalls: new LastCalls() });
  const onIncident: OnIncident = (incident) => {
    incidents.push(incident);
    watch.onIncident?.(incident);
  };
  ({ store } = await openStoresOnceUp(topology.url, {}, { onIncident }));
});

afterEach(async () => {
  if (!canFake) return;
  outages.close();
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
    await until(() => incidents.filter(({ kind }) => kind === 'clocks').length > 2, { withinMs: 30_000 });
    expect(store.health().clockSkewMs).toBeLessThan(2_000);
    expect(turned()).toEqual([]);

    await writeFile(join(folder.path, 'offset'), '+5s');
    await until(() => turned().length === 1, { withinMs: 30_000 });
    expect(store.health().clockSkewMs).toBeGreaterThan(3_000);
    expect(store.health().clockSkewMs).toBeLessThan(7_000);

    await topology.failover();
    await until(() => store.health().up, { withinMs: 30_000 });
    expect(turned()).toEqual([true]);
    await writeFile(join(folder.path, 'offset'), '+0');
    await until(() => turned().length === 2, { withinMs: 30_000 });
    expect(turned()).toEqual([true, false]);
    const told = (): readonly Line[] => lines.filter(({ outage }) => outage === 'clocks');
    await until(() => told().length === 2, { withinMs: 30_000 });
    expect(told()).toMatchObject([
      { level: 'warn', msg: 'an outage began', cause: 'clocks_apart' },
      { level: 'warn', msg: 'an outage is over' },
    ]);
  },
);
