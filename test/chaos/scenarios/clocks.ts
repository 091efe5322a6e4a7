import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';
import { fakedClock } from '../faketime.ts';
import { sentinelGround } from '../grounds.ts';
import type { SentinelGround } from '../grounds.ts';
import { secondsSince } from '../measures.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';
import { crashHost, switchedFrom } from './host-crash.ts';

const RED_WITHIN_MS = 12_000;
const LATENCY_MS = 400;

/** A Sentinel topology whose first master may be given another clock. */
interface SkewableGround extends SentinelGround {
  skew(offset: string): Promise<void>;
}

async function skewableGround(): Promise<SkewableGround> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'offset');
  await writeFile(file, '+0');
  const clock = Object.entries(await fakedClock({ file })).map(([name, value]) => `${name}=${value}`);
  const ground = await sentinelGround({ under: (node) => (node === 0 ? ['env', ...clock] : []) });
  return {
    ...ground,
    skew: (offset) => writeFile(file, offset),
    stop: async () => {
      await ground.stop();
      await folder.remove();
    },
  };
}

/** Machines that do not agree on the time. */
export const clockScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'gateway-clocks',
    title: 'gateways’ clocks ten minutes apart',
    envOf: async (gateway) => (gateway === 0 ? {} : fakedClock({ fixed: '+10m' })),
    prepare: () => sentinelGround(),
    play: async ({ ground, sleep }) => {
      await sleep(2000);
      await ground.topology.failover();
      await sleep(2000);
    },
  }),
  scenario({
    name: 'redis-clocks',
    title: 'Redis servers’ clocks 5 s apart',
    skewed: true,
    prepare: () => skewableGround(),
    play: async (stage) => {
      const { ground, gateways, sleep, unkept, note } = stage;
      await ground.skew('+5s');
      const start = performance.now();
      for (const [index, { url }] of gateways.entries()) {
        const red = until(async () => (await fetch(`${url}/readyz`)).status === 503, {
          withinMs: RED_WITHIN_MS - (performance.now() - start),
          everyMs: 250,
        });
        await red.catch(() => unkept(`gateway ${index} stays ready with clocks 5 s apart`));
      }
      note('red after s', secondsSince(start));

      // The new master's clock is behind, and what it lacks had later ids than what it will write.
      const master = await ground.topology.master();
      const link = await ground.link(await ground.topology.replicas());
      link.set('toClient', { kind: 'latency', delayMs: LATENCY_MS });
      await sleep(1500);
      await crashHost(master, link);
      await switchedFrom(master, stage);
      await sleep(4000);
    },
  }),
];
