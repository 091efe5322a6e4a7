import { afterEach, expect, test } from '@jest/globals';
import { operatorRevocation } from '../../src/oauth/revocation/operator-revocation.ts';
import { revocation, RevocationStopped } from '../../src/oauth/revocation/revocation.ts';
import type { RevocationParts, Revoke, Selected } from '../../src/oauth/revocation/revocation.ts';
import { BadSelection, isSelected, readSelection } from '../../src/oauth/revocation/selection.ts';
import type { AskedSelection, Candidate } from '../../src/oauth/revocation/selection.ts';
import type { SecurityEvent } from '../../src/telemetry/security-event.ts';
import type { User } from '../../src/ticket/events.ts';
import { alice, makeWorld, redeeming } from './world.ts';
import type { World } from './world.ts';

let world: World;
afterEach(() => world?.close());

const run = { isDryRun: false } as const;

function revoker(over: Partial<RevocationParts> = {}): Revoke {
  const bar = (user: User): Promise<void> => world.server.userSessions.bar(user);
  return revocation({ ...world, known: () => [], bar, ...over });
}

const now = Date.UTC(2030, 0, 1, 12);
const candidate: Candidate = {
  ticketId: 'a-ticket',
  sid: 'a-session',
  user: alice,
  clientId: 'app',
  address: '192.0.2.7',
  at: now - 3_600_000,
};

test.each<[boolean, AskedSelection]>([
  [true, { ticket: 'a-ticket' }],
  [false, { ticket: 'another' }],
  [true, { session: 'a-session' }],
  [false, { session: 'another' }],
  [false, { session: 'a-session', ticket: 'another' }],
  [true, { user: 'demo:alice' }],
  [false, { user: 'jwt:alice' }],
  [false, { user: 'demo:alic' }],
  [true, { client: 'app' }],
  [false, { client: 'App' }],
  [true, { address: '192.0.2.7' }],
  [true, { address: '::ffff:192.0.2.7' }],
  [true, { address: '192.0.2.0/24' }],
  [false, { address: '192.0.3.0/24' }],
  [false, { address: '2001:db8::/32' }],
  [true, { since: '2030-01-01T11:00:00Z' }],
  [false, { since: '2030-01-01T11:00:00.001Z' }],
  [true, { since: 'PT2H' }],
  [false, { since: 'PT30M' }],
  [false, { before: '2030-01-01T11:00:00Z' }],
  [true, { before: 'PT30M' }],
  [true, { client: 'app', user: 'demo:alice', since: 'P1D' }],
  [false, { client: 'app', user: 'demo:bob' }],
])('%s: %j', (selected, asked) => {
  expect(isSelected(readSelection(asked, now), candidate)).toBe(selected);
});

test('what nobody has scanned is no user’s', () => {
  const selection = readSelection({ user: 'demo:alice' }, now);
  expect(isSelected(selection, { ...candidate, user: undefined })).toBe(false);
});

test.each<AskedSelection>([
  {},
  { user: 'alice' },
  { user: '' },
  { session: 'a session' },
  { address: '192.0.2.0/33' },
  { since: 'soon' },
  { before: 'P1X' },
])('%j selects nothing and is refused', (asked) => {
  expect(() => readSelection(asked, now)).toThrow(BadSelection);
});

test('one session ends by its sid, its user is not barred, and nothing else is looked at', async () => {
  world = await makeWorld();
  for (let count = 0; count < 2; count += 1) await world.server.token(redeeming(await world.code()));
  const [first, second] = await world.server.userSessions.of(alice);
  const selection = readSelection({ session: first!.sid }, now);
  expect(await revoker()(selection, run)).toMatchObject({ looked: 1, sessions: 1, tickets: 0, users: 0 });
  expect((await world.server.userSessions.of(alice)).map(({ sid }) => sid)).toEqual([second!.sid]);
  await world.server.token(redeeming(await world.code()));
});

test('of more than a page all are found, and the same again finds nothing', async () => {
  world = await makeWorld();
  await Promise.all(Array.from({ length: 450 }, () => world.mint({ client_id: 'app' })));
  const kept = await world.mint({ client_id: 'other' });
  const named: Selected[] = [];
  const dry = await revoker()(readSelection({ client: 'app' }, now), {
    isDryRun: true,
    onSelected: (one) => named.push(one),
  });
  expect([dry.tickets, new Set(named.map(({ id }) => id)).size]).toEqual([450, 450]);
  expect(await revoker()(readSelection({ client: 'app' }, now), run)).toMatchObject({
    tickets: 450,
    failed: 0,
  });
  expect(await revoker()(readSelection({ client: 'app' }, now), run)).toMatchObject({
    looked: 2,
    tickets: 0,
  });
  expect((await world.tickets.look(kept, () => undefined)).ticket.status).toBe('pending');
});

test('nothing is ended that cannot be recorded first, and what was ended until a stop is recorded', async () => {
  world = await makeWorld();
  await Promise.all(Array.from({ length: 60 }, () => world.mint({ client_id: 'app' })));
  const said = { client: 'app' };
  const asked = { said, selection: readSelection(said, now) };
  const left = async () => (await revoker()(asked.selection, { isDryRun: true })).tickets;
  const away = operatorRevocation(revoker(), asked, run, () => Promise.reject(new Error('away')));
  await expect(away).rejects.toThrow('away');
  expect(await left()).toBe(60);

  const stopping = new AbortController();
  const told: SecurityEvent[] = [];
  const options = { ...run, signal: stopping.signal, onSelected: () => stopping.abort() };
  const stopped = operatorRevocation(revoker(), asked, options, (event) => void told.push(event));
  await expect(stopped).rejects.toThrow(RevocationStopped);
  expect(told).toMatchObject([
    { reason: 'operator_begun', client_id: 'app' },
    { reason: 'operator_incomplete', client_id: 'app', ended: 50 },
  ]);
  expect(await left()).toBe(10);
});

test('what is redeemed between the look and the end is ended as the session that it became', async () => {
  world = await makeWorld();
  const code = await world.code();
  let isRedeemed = false;
  const tickets: RevocationParts['tickets'] = {
    async run(at, command, guard) {
      if (!isRedeemed) {
        isRedeemed = true;
        await world.server.token(redeeming(code));
        expect(await world.server.userSessions.of(alice)).toHaveLength(1);
      }
      return await world.tickets.run(at, command, guard);
    },
  };
  const report = await revoker({ tickets })(readSelection({ client: 'demo' }, now), run);
  expect(report).toMatchObject({ sessions: 1, failed: 0 });
  expect(await world.server.userSessions.of(alice)).toEqual([]);
});

test('what is redeemed once the look has sessions behind it is ended too', async () => {
  world = await makeWorld();
  const code = await world.code();
  let isRedeemed = false;
  async function* living(): ReturnType<RevocationParts['living']> {
    for await (const page of world.living()) {
      if (!isRedeemed) await world.server.token(redeeming(code));
      isRedeemed = true;
      yield page;
    }
  }
  const report = await revoker({ living })(readSelection({ client: 'demo' }, now), run);
  expect(report).toMatchObject({ sessions: 1, failed: 0 });
  expect(await world.server.userSessions.of(alice)).toEqual([]);
});

test('what cannot be ended keeps none of the others, and is counted', async () => {
  world = await makeWorld();
  for (let count = 0; count < 3; count += 1) await world.server.token(redeeming(await world.code()));
  const [first] = await world.server.userSessions.of(alice);
  const sessions: RevocationParts['sessions'] = {
    revoke: async (at, reason) => {
      if (at === first?.sid) throw new Error('away');
      await world.sessions.revoke(at, reason);
    },
  };
  const selection = readSelection({ user: 'demo:alice', client: 'demo' }, now);
  expect(await revoker({ sessions })(selection, run)).toMatchObject({ sessions: 2, failed: 1 });
  expect(await revoker()(selection, run)).toMatchObject({ sessions: 1, failed: 0 });
});

test('all of a user is barred, also where nothing is found; a part of it is not', async () => {
  world = await makeWorld();
  const code = await world.code();
  const barred: string[] = [];
  const bar = async ({ subject }: User): Promise<void> => void barred.push(subject);
  await revoker({ bar })(readSelection({ user: 'demo:alice', client: 'other' }, now), run);
  expect(barred).toEqual([]);
  const known: RevocationParts['known'] = (user) => [{ ...user, issuer: 'demo' }];
  await revoker({ bar, known })(readSelection({ user: 'demo:bob' }, now), run);
  expect(barred).toEqual(['bob']);
  expect(await revoker({ bar })(readSelection({ user: 'demo:carol' }, now), run)).toMatchObject({ users: 0 });
  expect(
    await revoker({ bar, known })(readSelection({ user: 'demo:alice' }, now), { isDryRun: true }),
  ).toMatchObject({ users: 1 });
  expect(barred).toEqual(['bob']);
  await revoker()(readSelection({ user: 'demo:alice' }, now), run);
  await expect(world.server.token(redeeming(code))).rejects.toMatchObject({ error: 'invalid_grant' });
});
