import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBalancer } from '../support/balancer.ts';
import type { Balancer } from '../support/balancer.ts';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { forgetThisRelease, lastRelease, thisRelease } from '../support/release.ts';
import type { Release } from '../support/release.ts';
import { confirm, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Tokens } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

/**
 * `npm run upgrade`: three nodes on one Redis behind a balancer go from the last release to this one and back, each from
 * its tarball and one after the other, while people sign in. Nobody may see an error, and no sign-in may be lost.
 */
const isLong = process.env['SCANGATE_TEST_LONG'] !== undefined;
/** A minute, with three processes that start again and again. */
const whole = isLong ? test : test.skip;
/** A sample has two. */
const NODES = isLong ? 3 : 2;
/** A sign-in each so many milliseconds. */
const EVERY_MS = isLong ? 100 : 200;
/** How long each mixture of releases is left as it is. */
const BETWEEN_MS = isLong ? 2_000 : 300;
/** How long a person takes to scan, and to confirm: so tickets are in flight over each change. */
const PERSON_MS = 400;
/** The longest that a ticket with an event which the older release does not know is under way. */
const CONTESTED_OVER_MS = 3_000;
/** A refusal that says when to come again is asked again, elsewhere, for so long. */
const AGAIN_FOR_MS = 10_000;

let redis: Redis;
let balancer: Balancer;
let before: Release | string;
let now: Release;
const running: Gateway[] = [];

beforeAll(async () => {
  before = lastRelease();
  now = thisRelease();
  [redis, balancer] = await Promise.all([startRedis(), startBalancer()]);
}, 180_000);

afterAll(async () => {
  await Promise.all(running.map((gateway) => gateway.stop()));
  await balancer?.close();
  await redis?.stop();
  forgetThisRelease();
});

async function start(index: number, { command }: Release): Promise<void> {
  const env = {
    SCANGATE_STORE: redis.url,
    SCANGATE_PUBLIC_URL: balancer.url,
    // The release before does not log that it listens.
    SCANGATE_LOG_LEVEL: 'warn',
    // As it is by default: a balancer has to hear of it first.
    SCANGATE_DRAIN_WAIT: 'PT2S',
    SCANGATE_DRAIN_WINDOW: 'PT0.5S',
  };
  const gateway = await startGateway({ env, main: command, args: ['serve'] });
  running[index] = gateway;
  balancer.add(gateway.port);
}

/** One node goes, drained, and comes back as another release. */
async function replace(index: number, release: Release): Promise<void> {
  const gateway = running[index]!;
  const ending = await gateway.stop();
  balancer.remove(gateway.port);
  expect(ending).toEqual({ code: 0, signal: null });
  await start(index, release);
  await until(() => balancer.ready() === NODES, { withinMs: 30_000, what: 'all nodes ready' });
}

/** Asks again where it is told to, as a client does. */
async function again<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  const end = performance.now() + AGAIN_FOR_MS;
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503 || !answer.headers.has('retry-after') || performance.now() > end) return answer;
    await sleep(100);
  }
}

interface Load {
  readonly tokens: readonly Tokens[];
  readonly errors: readonly string[];
  readonly contested: () => number;
  /** Whether a second phone comes by now and then: an event that the older release does not know. */
  contests: boolean;
  stop(): Promise<void>;
}

/**
 * Nothing is sent on a connection that was kept: a node that goes may close one as a request is on its way (RFC 9112
 * §9.5), and what is no idempotent request its client may not send again by itself.
 */
const FRESH = { connection: 'close' };

function load(url: string): Load {
  const tokens: Tokens[] = [];
  const errors: string[] = [];
  const under = new Set<Promise<void>>();
  let count = 0;
  let contested = 0;

  async function signIn(number: number): Promise<void> {
    const name = `person-${number}`;
    const phone = (who: string) => ({ headers: { authorization: `Bearer demo-${who}`, ...FRESH } });
    const ticket = await mint(url, { scope: 'openid offline_access', headers: FRESH });
    const transport = TRANSPORTS[number % TRANSPORTS.length]!;
    const alone = { ...ticket, secretHeaders: { ...ticket.secretHeaders, ...FRESH } };
    const watching = watch(transport, alone, { reconnectMs: 100, waitS: 2 });
    try {
      await watching.told('pending');
      await sleep(PERSON_MS * Math.random());
      const code = readScanCode(ticket.notice);
      const scanned = expectStatus(await again(() => scan(url, code, name, phone(name))), 201, 200);
      if (load.contests && number % 4 === 0) {
        expectStatus(await again(() => scan(url, code, 'mallory', phone('mallory'))), 409);
        contested += 1;
      }
      await sleep(PERSON_MS * Math.random());
      expectStatus(await again(() => confirm(url, scanned, name, phone(name))), 200);
      const { result } = await watching.final;
      const options = { headers: FRESH };
      const answer = await again(() => redeem(url, ticket, result?.code ?? '', options));
      tokens.push(expectStatus(answer, 200));
    } finally {
      watching.stop();
    }
  }

  const timer = setInterval(() => {
    const number = count++;
    const one = signIn(number)
      .catch((error: unknown) => void errors.push(`sign-in ${number}: ${reasonOf(error)}`))
      .finally(() => under.delete(one));
    under.add(one);
  }, EVERY_MS);
  const load: Load = {
    tokens,
    errors,
    contested: () => contested,
    contests: false,
    async stop() {
      clearInterval(timer);
      await Promise.all(under);
    },
  };
  return load;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

whole(
  `${NODES} nodes go to this release and back, and nobody who signs in meanwhile notices`,
  async () => {
    if (typeof before === 'string') {
      process.stderr.write(`\nNOT TESTED: ${before}.\n\n`);
      return;
    }
    const { url } = balancer;
    for (let index = 0; index < NODES; index++) await start(index, before);
    await until(() => balancer.ready() === NODES, { withinMs: 30_000, what: 'all nodes ready' });
    const people = load(url);
    try {
      for (let index = 0; index < NODES; index++) {
        await sleep(BETWEEN_MS);
        await replace(index, now);
      }
      people.contests = true;
      await sleep(BETWEEN_MS + 2_000);
      await replace(0, before);
      people.contests = false;
      // The way back: what the older release does not know ends before the last node goes that does.
      await sleep(CONTESTED_OVER_MS);
      for (let index = 1; index < NODES; index++) {
        await replace(index, before);
        await sleep(BETWEEN_MS);
      }
    } finally {
      await people.stop();
    }
    expect(people.errors).toEqual([]);
    expect(people.contested()).toBeGreaterThan(0);
    expect(people.tokens.length).toBeGreaterThan(10);
    for (const { refresh_token: token } of people.tokens) {
      const form = { grant_type: 'refresh_token', refresh_token: token, client_id: 'demo' };
      expectStatus(await call(`${url}/oauth/token`, { form, headers: FRESH }), 200);
    }
    process.stderr.write(`${people.tokens.length} sign-ins, ${people.contested()} of them with two phones\n`);
  },
  600_000,
);
