import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LastCalls } from '../../src/compose/store/last-calls.ts';
import { storeWatch } from '../../src/compose/store/store-incidents.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { MINTED, SEED, appendMaker, freshTicket, seeded } from '../contract/appends.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { openStores } from './redis-support.ts';

/** A Redis without one takes any. */
const PASSWORD = 'correct-horse-battery';
const TICKETS = 7;
const random = seeded(SEED);
const { first } = appendMaker(random);

type Line = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

let redis: Redis;
let opened: EventStore[];

beforeEach(async () => {
  redis = await startRedis();
  opened = [];
});

afterEach(async () => {
  for (const store of opened) await store.close();
  await redis.stop();
});

/** Opens a store whose incidents go where those of a process go. @returns the lines of its log. */
async function open(level: string): Promise<{ store: EventStore; lines: Line[] }> {
  const lines: Line[] = [];
  const log = makeLog(level, { write: (line) => void lines.push(JSON.parse(line) as Line) });
  const { onIncident } = storeWatch({
    metrics: makeMetrics(false),
    log,
    outages: { about: () => ({ failed: () => {}, worked: () => {}, end: () => {} }) },
    lastCalls: new LastCalls(),
  });
  const url = redis.url.replace('redis://', `redis://default:${PASSWORD}@`);
  const { store } = await openStores(url, {}, onIncident === undefined ? {} : { onIncident });
  opened.push(store);
  return { store, lines };
}

const words = (lines: readonly Line[]): string[] => lines.map(({ msg }) => msg);
const saying = (lines: readonly Line[], msg: string): Line[] => lines.filter((line) => line.msg === msg);

test('whoever reads the log at debug sees why a connection was lost, and each step of the failover after it', async () => {
  const here = await open('debug');
  const other = await open('debug');
  await until(() => saying(here.lines, 'other nodes came, or are not heard of any longer').length > 0);
  const before = here.store.health().timeline;
  expect(words(here.lines)).toContain('a connection to Redis is open');
  expect(saying(here.lines, 'the history of the store is known')).toMatchObject([{ timeline: before }]);
  for (let i = 0; i < TICKETS; i += 1) {
    await here.store.append([first(freshTicket(random), { type: 'minted', data: MINTED }, { ms: 60_000 })]);
  }
  const quiet = here.lines.length;
  await here.store.read(Array.from({ length: 50 }, () => freshTicket(random)));
  expect(here.lines).toHaveLength(quiet);

  await redis.kill();
  await until(() => saying(here.lines, 'a connection to Redis is not open').length > 0);
  await redis.restart();
  await until(() =>
    [here, other].every(
      ({ lines }) =>
        words(lines).includes('dealt with a failover') &&
        words(lines).includes('no other node is waited for any longer'),
    ),
  );

  const story = here.lines.slice(quiet);
  const lost = story.filter(({ isOpen }) => isOpen === false);
  expect(lost.map(({ role }) => role)).toEqual(expect.arrayContaining(['writer', 'reader', 'control']));
  expect(lost.map(({ why }) => why)).toEqual(expect.arrayContaining([expect.stringMatching(/ECONN|close/)]));
  const after = here.store.health().timeline;
  const steps = story.filter(({ isOpen, msg }) => isOpen === undefined && !msg.startsWith('other nodes'));
  expect(steps.slice(0, 2)).toMatchObject([
    {
      level: 'debug',
      msg: 'a failover is dealt with, together with the other nodes',
      timeline: after,
      others: [expect.any(String)],
    },
    {
      level: 'debug',
      msg: 'the events that this node knows are compared with what the new master has',
      subjects: TICKETS,
    },
  ]);
  expect(steps.slice(2).toSorted((one, next) => one.msg.localeCompare(next.msg))).toMatchObject([
    { level: 'warn', msg: 'dealt with a failover' },
    { level: 'debug', msg: 'no other node is waited for any longer', timeline: after },
    { level: 'warn', msg: 'the store has another history than before', timeline: after, before },
  ]);
  const opens = story.findIndex(({ role, isOpen }) => role === 'writer' && isOpen === true);
  expect(opens).toBeGreaterThan(story.findIndex(({ level }) => level === 'warn'));
  expect(JSON.stringify([here.lines, other.lines])).not.toContain(PASSWORD);
});

test('at info none of the steps is there', async () => {
  const { store, lines } = await open('info');
  await store.append([first(freshTicket(random), { type: 'minted', data: MINTED }, { ms: 60_000 })]);
  await redis.kill();
  await redis.restart();
  await until(() => words(lines).includes('dealt with a failover'), { withinMs: 30_000 });
  expect(words(lines).toSorted()).toEqual([
    'dealt with a failover',
    'the store has another history than before',
  ]);
});
