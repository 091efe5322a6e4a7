import { call } from '../../support/call.ts';
import { singleGround } from '../grounds.ts';
import { scenario } from '../scenario.ts';
import type { AnyScenario } from '../scenario.ts';

const AWAY_MS = 30_000;
/** A write that cannot be done is refused within the store's bound of 2 s, and something for the way. */
const REFUSED_WITHIN_MS = 4000;
const SWALLOWED_MS = 6000;
const CUTS = 100;
const CUT_EVERY_MS = 70;
/** Of tickets that ended, what the gateways put back is younger than this, less what an answer takes on its way. */
const RING_MS = 12_000;
const ANSWER_MS = 1000;

/** One Redis, its data, and the network before it. */
export const singleRedisScenarios: readonly AnyScenario[] = [
  scenario({
    name: 'answer-cut',
    title: 'answer cut after the function ran',
    smoke: true,
    prepare: () => singleGround(),
    play: async ({ ground, random, sleep, note }) => {
      const accepted = (): number => ground.networks.reduce((sum, network) => sum + network.accepted(), 0);
      const before = accepted();
      for (let cut = 0; cut < CUTS; cut += 1) {
        random.pick(ground.networks).cutNextAnswer('sg3_append');
        await sleep(CUT_EVERY_MS);
      }
      for (const network of ground.networks) network.heal();
      note('connections cut', accepted() - before);
    },
  }),
  scenario({
    name: 'restart-aof',
    title: 'Redis killed, restarted with its AOF',
    smoke: true,
    prepare: () => singleGround(),
    play: async ({ ground, sleep }) => {
      await ground.redis.kill();
      await sleep(1000);
      await ground.redis.restart();
      await sleep(3000);
    },
  }),
  scenario({
    name: 'restart-empty',
    title: 'Redis restarted without persistence',
    smoke: true,
    prepare: () => singleGround({ config: { appendonly: 'no' } }),
    play: async ({ ground, sleep }) => {
      await sleep(2000);
      await ground.redis.kill();
      await sleep(500);
      await ground.redis.restart();
      await sleep(4000);
    },
  }),
  scenario({
    name: 'flushall',
    title: 'FLUSHALL, after more than the ring holds of tickets that ended',
    env: { SCANGATE_REDO_RING: `PT${RING_MS / 1000}S` },
    rates: { signInsPerSecond: 3 },
    prepare: () => singleGround(),
    play: async ({ ground, sleep, pardon }) => {
      await sleep(RING_MS + 8 * ANSWER_MS);
      const at = Date.now();
      await ground.redis.ask('FLUSHALL');
      pardon({ endedBeforeMs: at - RING_MS + ANSWER_MS });
      await sleep(4000);
    },
  }),
  scenario({
    name: 'half-open',
    title: 'half-open network: packets of one gateway dropped 6 s',
    prepare: () => singleGround(),
    play: async ({ ground, sleep }) => {
      const [network] = ground.networks;
      network.set('toServer', { kind: 'swallow' });
      network.set('toClient', { kind: 'swallow' });
      await sleep(SWALLOWED_MS);
      // What was dropped is lost to these connections; a network that heals sends them again or resets them.
      network.cut();
      network.heal();
      await sleep(3000);
    },
  }),
  scenario({
    name: 'away',
    title: '30 s without Redis',
    patienceMs: 60_000,
    rates: { signInsPerSecond: 2 },
    prepare: () => singleGround(),
    play: async ({ ground, gateways, sleep, unkept, note, load }) => {
      load.burst(15);
      await sleep(500);
      await ground.redis.kill();
      await sleep(AWAY_MS / 2);
      for (const [index, { url }] of gateways.entries()) {
        const start = performance.now();
        const answer = await call(`${url}/v1/scans`, {
          headers: { authorization: 'Bearer demo-nobody', 'idempotency-key': 'away' },
          json: { user_code: 'BCDF-GHJK' },
          withinMs: 30_000,
        }).catch(() => undefined);
        const tookMs = Math.round(performance.now() - start);
        note(`refused in ms, gateway ${index}`, tookMs);
        const retryAfter = answer?.headers.get('retry-after') ?? undefined;
        if (answer?.status !== 503 || retryAfter === undefined || tookMs > REFUSED_WITHIN_MS) {
          const why = `a write was answered ${answer?.status}, Retry-After ${retryAfter}, after ${tookMs} ms`;
          unkept(`gateway ${index}: ${why}`);
        }
      }
      await sleep(AWAY_MS / 2);
      await ground.redis.restart();
      await sleep(3000);
    },
  }),
];
