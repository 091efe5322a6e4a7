import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { until } from '../support/until.ts';

interface Listed {
  readonly sid: string;
  readonly client_id: string;
}

let gateway: Gateway;
let at: string;

beforeAll(async () => {
  const port = await freePort();
  at = `http://127.0.0.1:${port}`;
  gateway = await startGateway({ env: { SCANGATE_ADMIN_LISTEN: `127.0.0.1:${port}` } });
});

afterAll(async () => {
  await gateway?.stop();
});

async function sessionsOf(user: string): Promise<readonly Listed[]> {
  const answer = await call(`${at}/v1/user-sessions?user=${encodeURIComponent(user)}`);
  return (expectStatus(answer, 200) as unknown as { readonly sessions: readonly Listed[] }).sessions;
}

test('operators see where a user is signed in, end one of it, and the record says which', async () => {
  for (let count = 0; count < 2; count += 1) await signIn(gateway.url, { name: 'eve' });
  await signIn(gateway.url, { name: 'bob' });
  const listed = await sessionsOf('demo:eve');
  expect(listed).toEqual(
    Array.from({ length: 2 }, () => ({
      sid: expect.any(String),
      ticket_id: expect.any(String),
      client_id: 'demo',
      opened_at: expect.stringMatching(/Z$/),
      last_seen_at: expect.stringMatching(/Z$/),
      browser: expect.objectContaining({ agent: expect.any(String) }),
    })),
  );
  const [first, second] = listed;
  const ended = await call(`${at}/page/revocations`, {
    json: { session: first?.sid },
    headers: { origin: at },
  });
  expect(ended.text).toContain('"sessions":1');
  expect(await sessionsOf('demo:eve')).toEqual([second]);
  expect(await sessionsOf('demo:bob')).toHaveLength(1);
  const reasons = await until(async () => {
    const query = `session_id=${first?.sid}&kind=revocation`;
    const { body } = await call(`${at}/v1/audit?${query}`);
    const events = body['events'] as readonly { readonly reason: string }[];
    return events.length === 2 && events.map(({ reason }) => reason);
  });
  expect(reasons).toEqual(['operator_begun', 'operator']);
});

test.each(['', 'eve', 'nosuch:eve', 'wechat:eve'])(
  '%j is nobody whose sessions are known here',
  async (user) => {
    const { status, body } = await call(`${at}/v1/user-sessions?user=${user}`);
    expect([status, body['code'], body['field']]).toEqual([400, 'invalid_request', 'user']);
  },
);

test('a user who is signed in nowhere has an empty list', async () => {
  expect(await sessionsOf('demo:nobody')).toEqual([]);
});
