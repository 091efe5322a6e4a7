import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openLogoutQueue } from '../../src/oauth/logout/logout-queue.ts';
import type { LogoutQueue, LogoutQueueOptions } from '../../src/oauth/logout/logout-queue.ts';
import { tellingSessions } from '../../src/oauth/logout/telling-sessions.ts';
import type { SessionView } from '../../src/command/session-view.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { ScangateError } from '../../src/ticket/error.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { until } from '../support/until.ts';
import { makeWorld, redeeming } from './world.ts';
import type { World } from './world.ts';

let world: World;
const queues: LogoutQueue[] = [];

beforeEach(async () => {
  world = await makeWorld();
  const demo = world.clients.get('demo')!;
  world.clients.set('demo', { ...demo, backchannel_logout_uri: 'https://demo.example/out' });
});

afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.close()));
  await world.close();
});

function open(more: Partial<LogoutQueueOptions>): LogoutQueue {
  const queue = openLogoutQueue({
    ledger: world.ledger,
    sessions: world.sessions,
    clients: {
      find: (id) => world.clients.get(id),
      learn: () => Promise.resolve(),
      isClientOrigin: () => false,
    },
    makeToken: (view) => Promise.resolve(`token of ${view.sid}`),
    call: () => Promise.resolve(true),
    time: systemTime,
    random: () => 0.5,
    periodMs: 10,
    pauseMs: 5,
    triesMax: 3,
    ...more,
  });
  queues.push(queue);
  return queue;
}

async function session() {
  const code = await world.code();
  await world.server.token(redeeming(code));
  const [view] = await world.server.userSessions.of({ source: 'demo', issuer: 'demo', subject: 'alice' });
  if (view === undefined) throw new Error('no session');
  return view;
}

test('a client that never acknowledges is given up after so many tries', async () => {
  const outcomes: string[] = [];
  const queue = open({
    call: () => Promise.resolve(false),
    onOutcome: (outcome) => void outcomes.push(outcome),
  });
  await tellingSessions(world.sessions, queue).revoke((await session()).sid, 'user');
  await until(() => {
    world.pass(50);
    return outcomes.includes('given_up');
  });
  world.pass(60_000);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(outcomes).toEqual(['failed', 'failed', 'given_up']);
});

test('another node goes on where one stopped, and of two one tells', async () => {
  const view = await session();
  const stopped = open({ periodMs: 3_600_000 });
  await stopped.note(view);
  await world.sessions.revoke(view, 'user');
  await stopped.close();
  const told: string[] = [];
  const call = (address: string, token: string): Promise<boolean> => {
    told.push(`${address} ${token}`);
    return Promise.resolve(true);
  };
  open({ call });
  open({ call });
  await until(() => told.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(told).toEqual([`https://demo.example/out token of ${view.sid}`]);
});

test('a session that was noted and goes on is told of only once it ends', async () => {
  const view = await session();
  const told: string[] = [];
  const queue = open({ call: (address) => Promise.resolve(told.push(address) > 0) });
  await queue.note(view);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(told).toEqual([]);
  await world.sessions.revoke(view, 'user');
  await until(() => told.length === 1);
});

test('a session ends and a reused refresh token is answered though nothing can be noted; that is told', async () => {
  const outcomes: string[] = [];
  let failures = 2;
  const addMember = async (...args: Parameters<Ledger['addMember']>): Promise<void> => {
    if (failures-- > 0) throw new ScangateError('store_unavailable');
    await world.ledger.addMember(...args);
  };
  const failing = new Proxy(world.ledger, {
    get: (target, name: keyof Ledger) => (name === 'addMember' ? addMember : target[name].bind(target)),
  });
  const queue = open({ ledger: failing, onOutcome: (outcome) => void outcomes.push(outcome) });
  const view = await session();
  await tellingSessions(world.sessions, queue).revoke(view, 'user');
  expect((await world.sessions.look([view.sid]))[0]?.session.status).toBe('revoked');
  expect(outcomes).toEqual(['given_up']);

  failures = 2;
  const other = await session();
  const ended: SessionView = { ...other, session: { ...other.session, status: 'revoked' } };
  const reusing = { ...world.sessions, refresh: () => Promise.resolve(ended) };
  const refresh = tellingSessions(reusing, queue).refresh;
  expect(await refresh(other, { generation: other.session.generation!, keyId: 'key' }, () => undefined)).toBe(
    ended,
  );
  expect(outcomes).toEqual(['given_up', 'given_up']);

  failures = 1;
  await tellingSessions(world.sessions, queue).revoke(other, 'user');
  await until(() => outcomes.at(-1) === 'acknowledged');
});

test('members that fail make room for others, and what is no longer known is given up', async () => {
  const view = await session();
  await world.sessions.revoke(view, 'user');
  const told: string[] = [];
  const outcomes: unknown[] = [];
  const [ended] = await world.sessions.look([view.sid]);
  const queue = open({
    sessions: {
      ...world.sessions,
      look: (sids) => Promise.resolve(sids.map((sid) => (sid === 'gone' ? null : { ...ended!, sid }))),
    },
    call: (_address, token) => Promise.resolve(token === 'token of oldest' && told.push(token) > 0),
    onOutcome: (...outcome) => void outcomes.push(outcome),
    pauseMs: 600_000,
  });
  await world.ledger.addMember('logouts', 'gone', 3_000_000, 10_000);
  await world.ledger.addMember('logouts', 'oldest', 3_100_000, 10_000);
  for (let count = 0; count < 100; count += 1) await queue.note({ ...view, sid: `failing ${count}` });
  await until(() => told.length === 1);
  await until(() => outcomes.some((outcome) => (outcome as unknown[])[1] === undefined));
});
