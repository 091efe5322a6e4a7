import { expect, test } from '@jest/globals';
import { redisProgram } from '../../src/cli/demo/redis-program.ts';
import { rowsText } from '../../src/cli/demo/rows-text.ts';
import type { SignIn, Step } from '../../src/cli/demo/sign-in.ts';
import { isKept, judge, totalOf } from '../../src/cli/demo/verdict.ts';
import type { Row } from '../../src/cli/demo/verdict.ts';
import { scangate } from '../support/scangate.ts';
import { tool } from '../support/tools.ts';

/** Starts eight processes and waits for a failover: `npm test -- --long test/cli/rehearsal.test.ts`. */
const whole = process.env['SCANGATE_TEST_LONG'] === undefined ? test.skip : test;

const ACTS = [
  { title: 'calm', fromMs: 0 },
  { title: 'broken', fromMs: 1000 },
];
const LOG = ['minted', 'scanned', 'confirmed', 'redeemed'];

/** One that went well, in the first act, but for what is given. */
function signIn(given: Partial<SignIn> = {}): SignIn {
  const steps = ['minted', 'scanned', 'confirmed', 'redeemed'] as const;
  return {
    act: 0,
    ticketId: 'one',
    acknowledged: steps.map((step, index) => ({ step, atMs: 100 * (index + 1) })),
    sessions: new Set(['session']),
    heard: 'confirmed',
    ending: 'signed in',
    ...given,
  };
}

function twice(step: Step): SignIn['acknowledged'] {
  return [...signIn().acknowledged, { step, atMs: 500 }];
}

function rowOf(given: Partial<SignIn>, log: readonly string[]): Row {
  return judge(ACTS, [signIn(given)], new Map([['one', log]]))[0]!;
}

test('a sign-in that the log has as its people saw it breaks no promise', () => {
  const row = rowOf({}, LOG);
  expect(row).toEqual({
    act: 'calm',
    sign_ins: 1,
    acknowledged: 4,
    lost: 0,
    doubled: 0,
    told_wrongly: 0,
    unfinished: 0,
    pause_s: 0.1,
  });
  expect(isKept(row)).toBe(true);
});

test.each<[string, keyof Row, Partial<SignIn>, readonly string[]]>([
  ['an acknowledged redemption that the log does not have', 'lost', {}, LOG.slice(0, 3)],
  ['two sessions from one ticket', 'doubled', { sessions: new Set(['a', 'b']) }, LOG],
  ['two answers to two who redeem', 'doubled', { acknowledged: twice('redeemed') }, LOG],
  ['a log with two redemptions', 'doubled', {}, [...LOG, 'redeemed']],
  ['a log with two scans', 'doubled', {}, ['scanned', ...LOG]],
  ['a log with a yes and a no', 'doubled', {}, [...LOG, 'denied']],
  ['a log with a yes and a withdrawal', 'doubled', {}, [...LOG, 'cancelled']],
  ['an outcome that the log does not have', 'told_wrongly', { heard: 'denied' }, LOG],
  ['people who gave up', 'unfinished', { ending: 'gave up' }, LOG],
])('%s is counted: %s', (_what, column, given, log) => {
  const row = rowOf(given, log);
  const counts = Object.entries(row).filter(([name]) => !['act', 'sign_ins', 'pause_s'].includes(name));
  expect(counts.filter(([, count]) => count !== 0).map(([name]) => name)).toEqual(['acknowledged', column]);
  expect(isKept(row)).toBe(false);
});

test('a pause counts in the act in which it ended, and the last line has all acts together', () => {
  const late = { step: 'minted', atMs: 3400 } as const;
  const rows = judge(ACTS, [signIn(), signIn({ act: 1, acknowledged: [late] })], new Map([['one', LOG]]));
  expect(rows.map(({ pause_s }) => pause_s)).toEqual([0.1, 3]);
  expect(totalOf(rows)).toMatchObject({ act: 'all', sign_ins: 2, acknowledged: 5, pause_s: 3 });
  const [head, calm, broken] = rowsText(rows).split('\n');
  expect(head).toMatch(/^ +sign-ins {3}acknowledged {3}lost {3}doubled/);
  expect([calm, broken]).toEqual([
    expect.stringMatching(/^calm .* 0\.1 s$/),
    expect.stringMatching(/ 3\.0 s$/),
  ]);
});

test('without a redis-server it says how to get one', async () => {
  expect(() => redisProgram({}, [])).toThrow(/^there is no redis-server here: install Redis 7 or later/);
  const said = await scangate(['demo', '--break', '--json'], { REDIS_SERVER_BIN: '/nowhere/redis-server' });
  const error = 'REDIS_SERVER_BIN=/nowhere/redis-server is not a program';
  expect(said).toEqual({
    status: 1,
    stdout: `${JSON.stringify({ error })}\n`,
    stderr: `scangate: ${error}\n`,
  });
});

whole(
  'two gateways, a Redis master killed, a gateway killed, and nothing lost',
  async () => {
    const said = await scangate(['demo', '--nodes', '2', '--break', '--people', '3', '--json'], {
      REDIS_SERVER_BIN: await tool('redis-server'),
    });
    expect(said).toMatchObject({ status: 0, stderr: '' });
    const told = said.stdout
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { readonly who?: string; readonly what?: string; readonly rows?: Row[] },
      );
    const breaks = told.filter(({ who }) => who === 'BREAK').map(({ what }) => what);
    expect(breaks).toEqual([expect.stringContaining('Redis master'), expect.stringContaining('gateway')]);
    const rows = told.find((one) => one.rows !== undefined)?.rows ?? [];
    expect(rows.map(({ act }) => act)).toEqual([
      'nothing broken',
      'the Redis master killed',
      'a gateway killed',
      'all',
    ]);
    for (const row of rows) {
      expect(row.sign_ins).toBeGreaterThanOrEqual(3);
      expect(row).toMatchObject({ lost: 0, doubled: 0, told_wrongly: 0, unfinished: 0 });
    }
  },
  600_000,
);
