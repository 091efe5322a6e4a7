import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openQueues } from '../keepers/redis-queues.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { TEST_SECRETS, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import type { Received, WebhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw';
const KINDS = ['minted', 'scanned', 'confirmed', 'redeemed', 'opened'];

let redis: Redis;
let folder: TemporaryFolder;
let receiver: WebhookReceiver;
let gateways: Gateway[];
let env: Readonly<Record<string, string>>;

let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  [redis, folder, receiver] = await Promise.all([startRedis(), temporaryFolder(), startWebhookReceiver()]);
  const file = join(folder.path, 'webhooks.json');
  const webhooks = [{ url: `${receiver.url}/`, secret: SECRET, private: true, kinds: KINDS }];
  await writeFile(file, JSON.stringify(webhooks), { mode: 0o600 });
  env = { SCANGATE_STORE: redis.url, SCANGATE_WEBHOOKS_FILE: file };
  // The first one reads the record, and so delivers.
  gateways = [await startGateway({ env })];
  gateways.push(await startGateway({ env }));
});

afterAll(async () => {
  await warm.stop();
  await Promise.all((gateways ?? []).map((gateway) => gateway.stop()));
  await receiver?.stop();
  await redis?.stop();
  await folder?.remove();
});

function told(ticketId: string): readonly Received[] {
  return receiver.received.filter(({ body }) => body.data.ticket_id === ticketId);
}

function kindsOf(ticketId: string): readonly string[] {
  return told(ticketId).map(({ body }) => body.type);
}

test('a sign-in over two nodes is told once, in its order', async () => {
  const [here, there] = gateways;
  const { ticket } = await signIn(here!.url, { phoneUrl: there!.url });
  await until(() => kindsOf(ticket.ticketId).includes('opened'));
  expect(kindsOf(ticket.ticketId)).toEqual(KINDS);
});

test('what a killed node had in hand another delivers within the lease, in its order, and what happens meanwhile', async () => {
  const [here, there] = gateways;
  const taken = new Set<string>();
  receiver.answer = () => undefined;
  const before = await signIn(here!.url, { phoneUrl: there!.url });
  await until(() => told(before.ticket.ticketId).length > 0);
  await here!.kill();
  receiver.answer = ({ headers }, response) => {
    taken.add(String(headers['webhook-id']));
    response.writeHead(204).end();
  };
  const seen = receiver.received.length;
  const meanwhile = await signIn(there!.url);
  const after = (id: string): readonly string[] =>
    receiver.received
      .slice(seen)
      .filter(({ body }) => body.data.ticket_id === id)
      .map(({ body }) => body.type);
  const tickets = [before.ticket.ticketId, meanwhile.ticket.ticketId];
  await until(() => tickets.every((id) => after(id).includes('opened')));
  for (const id of tickets) expect(after(id)).toEqual(KINDS);
  expect(taken.size).toBe(2 * KINDS.length);
});

test('the command shows what waits, and has dead letters tried again by the node that delivers', async () => {
  const [, gateway] = gateways;
  const ask = async (...args: readonly string[]): Promise<readonly Record<string, unknown>[]> => {
    const { stdout, stderr, status } = await warm.scangate(['webhooks', ...args, '--json'], {
      ...env,
      SCANGATE_SECRETS: TEST_SECRETS,
      SCANGATE_PHONE_IDENTITY: 'demo',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toContain('MfKQ9r8');
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  // What was taken last is let go of behind its answer.
  const [listed] = await until(async () => {
    const rows = await ask();
    return rows[0]?.['waiting'] === 0 && rows;
  });
  expect(listed).toMatchObject({ address: receiver.url, waiting: 0, dead: 0, let_go: 0 });
  const id = String(listed!['id']);
  gateway!.signal('SIGTERM');
  await gateway!.exited;
  const { queue, close } = await openQueues(redis.url);
  const text = '{"id":"7","kind":"minted","ticket_id":"t7"}';
  await queue.put([{ chain: 99, from: 0, to: 1 }], [{ receiver: id, id: '7', subject: 't7', text }]);
  const { messages } = (await queue.take(id, { limit: 9, after: undefined, inHand: false }))!;
  await queue.bury(id, messages[0]!.place, 15, 'it answered 500');
  await close();
  await gateway!.restart();
  expect(await ask('dead')).toMatchObject([
    { webhook: id, id: '7', kind: 'minted', ticket_id: 't7', tries: 15, reason: 'it answered 500' },
  ]);
  expect(await ask('replay', '--event', '8')).toEqual([{ replayed: 0 }]);
  expect(await ask('replay')).toEqual([{ replayed: 1 }]);
  await until(() => told('t7').length > 0);
  expect(await ask('dead')).toEqual([]);
});

test('no secret is in what is logged', () => {
  const text = gateways.map((gateway) => Object.values(gateway.output()).join('')).join('');
  expect(text).not.toContain('MfKQ9r8');
});
