/**
 * What it costs to tell a decision only once it cannot be lost with one server: sign-ins on one master, two replicas and
 * three Sentinels, as often as they go, with each durability in turn, several rounds in one run. The ratio counts.
 */
import { randomBytes } from 'node:crypto';
import { register } from 'node:module';
import { ticketCommands } from '../dist/command/ticket-commands.js';
import { openRedisStore } from '../dist/store/redis/open.js';
import { REDIS_DEFAULTS } from '../dist/store/redis/redis-settings.js';
import { systemTime } from '../dist/time/system-time.js';

register('../scripts/typescript-loader.mjs', import.meta.url);
const { startSentinelTopology } = await import('../test/support/sentinel.ts');
const { MINTED, SCANNED } = await import('../test/contract/appends.ts');

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SECONDS = Number(process.env.SECONDS ?? 4);
/** Sign-ins that go on at once. */
const CROWDS = [1, 64];
/** `naive` asks nobody and waits for nothing: what a client of Redis does that trusts every answer. */
const WAYS = {
  naive: { durability: 'acknowledged', detectsTimelines: false },
  acknowledged: { durability: 'acknowledged' },
  auto: { durability: 'auto' },
};

const topology = await startSentinelTopology();
const stores = [];
try {
  const commands = {};
  for (const [way, settings] of Object.entries(WAYS)) {
    const { store } = await openRedisStore({
      url: topology.url,
      settings: {
        ...REDIS_DEFAULTS,
        historyMs: 60_000,
        lifeMaxMs: 180_000,
        callTimeoutMs: 5_000,
        ...settings,
      },
      migrate: true,
      time: systemTime,
      random: Math.random,
      randomText: () => randomBytes(16).toString('hex'),
    });
    stores.push(store);
    commands[way] = ticketCommands({ store, makeNonce, tries: 6 });
  }
  console.log(
    `Node ${process.version}, 1 master, 2 replicas, 3 Sentinels, ${SECONDS} s each, ${ROUNDS} rounds in turn`,
  );
  for (const crowd of CROWDS) await compare(commands, crowd);
} finally {
  for (const store of stores) await store.close();
  await topology.stop();
}

async function compare(commands, crowd) {
  for (const way of Object.keys(WAYS)) await round(commands[way], crowd, 1);
  const rounds = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
  for (let number = 0; number < ROUNDS; number += 1) {
    for (const way of Object.keys(WAYS)) rounds[way].push(await round(commands[way], crowd, SECONDS));
  }
  console.log(
    `\n${crowd} at once         sign-ins/s   beside naive   confirm p50 ms   p99 ms   CPU ms a sign-in`,
  );
  const naive = median(rounds.naive.map(({ perSecond }) => perSecond));
  for (const [way, all] of Object.entries(rounds)) {
    const of = (member) => median(all.map((one) => one[member]));
    console.log(
      [
        way.padEnd(18),
        of('perSecond').toFixed(0).padStart(12),
        (of('perSecond') / naive).toFixed(2).padStart(14),
        of('p50').toFixed(1).padStart(16),
        of('p99').toFixed(1).padStart(8),
        of('cpuMs').toFixed(2).padStart(18),
      ].join(' '),
    );
  }
}

/** Mints, scans and confirms for a while. */
async function round(commands, crowd, seconds) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;
  const confirms = [];
  let signIns = 0;
  await Promise.all(
    Array.from({ length: crowd }, async () => {
      while (performance.now() < end) {
        const ticketId = randomBytes(16).toString('base64url');
        await commands.mint(ticketId, MINTED);
        const { user, phone } = SCANNED.data;
        await commands.run(ticketId, { type: 'scan', user, phone }, () => {});
        const asked = performance.now();
        await commands.run(ticketId, { type: 'confirm', user }, () => {});
        confirms.push(performance.now() - asked);
        signIns += 1;
      }
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  confirms.sort((a, b) => a - b);
  return {
    perSecond: signIns / ((performance.now() - start) / 1000),
    p50: confirms[Math.floor(confirms.length * 0.5)],
    p99: confirms[Math.floor(confirms.length * 0.99)],
    cpuMs: (user + system) / 1000 / signIns,
  };
}

function makeNonce() {
  return randomBytes(8).readBigUInt64BE().toString();
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
