import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { openFileQueue, queueFolder } from '../../src/keepers/file/open-queue.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import type { Received, WebhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLwSw';

let gateway: Gateway;
let folder: TemporaryFolder;
let file: string;
const receivers: WebhookReceiver[] = [];
/** What one of them took before the gateway was killed. */
const acknowledged = new Set<string>();

let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  folder = await temporaryFolder();
  file = join(folder.path, 'webhooks.json');
  receivers.push(await startWebhookReceiver(), await startWebhookReceiver(), await startWebhookReceiver());
  const [all, some, away] = receivers;
  away!.answer = (_received, response) => void response.writeHead(500).end();
  await tell([
    { url: `${all!.url}/all?token=hidden`, secret: SECRET, private: true },
    { url: `${some!.url}/`, secret: SECRET, client_id: 'demo', kinds: ['confirmed'], private: true },
    { url: `${away!.url}/away`, secret: SECRET, private: true },
    // Without `private`, what is private is asked nothing.
    { url: `${all!.url}/unnamed`, secret: SECRET },
  ]);
  gateway = await startGateway({ env: { SCANGATE_WEBHOOKS_FILE: file } });
});

afterAll(async () => {
  await warm.stop();
  await gateway.stop();
  for (const receiver of receivers) await receiver.stop();
  await folder.remove();
});

function tell(webhooks: readonly object[]): Promise<void> {
  return writeFile(file, JSON.stringify(webhooks), { mode: 0o600 });
}

function told(receiver: WebhookReceiver | undefined, ticketId: string): readonly Received[] {
  return (receiver?.received ?? []).filter(({ body }) => body.data.ticket_id === ticketId);
}

function kinds(messages: readonly Received[]): readonly string[] {
  return messages.map(({ body }) => body.type);
}

test('a sign-in is told in its order, signed, and to whoever wants to hear of it', async () => {
  const { ticket } = await signIn(gateway.url);
  const [all, some, away] = receivers;
  await until(() => kinds(told(all, ticket.ticketId)).includes('redeemed'));
  await until(() => kinds(told(all, ticket.ticketId)).includes('opened'));
  const messages = told(all, ticket.ticketId);
  expect(kinds(messages)).toEqual(expect.arrayContaining(['minted', 'scanned', 'confirmed', 'redeemed']));
  const ids = messages.map(({ body }) => BigInt(body.data.id));
  expect(ids).toEqual(ids.toSorted((one, other) => Number(one - other)));
  for (const { headers, text, body } of messages) {
    const id = String(headers['webhook-id']);
    expect(new Webhook(SECRET).verify(text, headers as Record<string, string>)).toEqual(body);
    expect(id).toBe(`msg_${body.data.id}`);
    expect(headers['content-type']).toBe('application/json');
    expect(body.timestamp).toBe(body.data['at']);
    expect(body.data['kind']).toBe(body.type);
    expect(body.data['sealed']).toBeUndefined();
  }
  expect(messages.find(({ body }) => body.type === 'confirmed')?.body.data['user']).toBe('alice');
  await until(() => told(some, ticket.ticketId).length > 0);
  expect(kinds(told(some, ticket.ticketId))).toEqual(['confirmed']);
  // What is not acknowledged holds up what comes after it, of the same ticket.
  await until(() => told(away, ticket.ticketId).length > 1);
  expect(new Set(kinds(told(away, ticket.ticketId)))).toEqual(new Set(['minted']));
  expect(all!.received.filter(({ path }) => path === '/unnamed')).toEqual([]);
});

test('who is told changes with the file, and a file with a mistake changes nothing', async () => {
  const [all, , away] = receivers;
  await writeFile(file, '[{"url": "https://user:password@example.com/", "secret": "whsec_"}]', {
    mode: 0o600,
  });
  gateway.signal('SIGHUP');
  await until(() => gateway.output().stdout.includes('the webhooks stay as they were'));
  const before = await signIn(gateway.url);
  await until(() => told(all, before.ticket.ticketId).length > 0);
  away!.answer = ({ headers }, response) => {
    acknowledged.add(String(headers['webhook-id']));
    response.writeHead(200).end('ok');
  };
  await tell([{ url: `${away!.url}/away`, secret: SECRET, private: true, kinds: ['minted'] }]);
  await until(() => gateway.output().stdout.includes('webhooks read again'));
  const after = await signIn(gateway.url);
  await until(() => told(away, after.ticket.ticketId).length > 0);
  expect(told(all, after.ticket.ticketId)).toEqual([]);
});

test('a restart goes on where it was, and tells nothing of before again', async () => {
  const [, , away] = receivers;
  away!.answer = (_received, response) => void response.writeHead(503).end();
  const { ticket } = await signIn(gateway.url);
  await until(() => told(away, ticket.ticketId).length > 0);
  await gateway.kill();
  away!.answer = (_received, response) => void response.writeHead(204).end();
  const seen = away!.received.length;
  await gateway.restart();
  await until(() => told(away, ticket.ticketId).length > 1);
  const again = away!.received.slice(seen).map(({ headers }) => headers['webhook-id']);
  expect(new Set(again).size).toBe(again.length);
  expect(acknowledged.size).toBeGreaterThan(0);
  expect(again.filter((id) => acknowledged.has(String(id)))).toEqual([]);
});

test('no log line holds a secret or more of an address than its origin', () => {
  const { stdout, stderr } = gateway.output();
  expect(stdout).toContain('an outage began');
  expect(stdout + stderr).not.toMatch(/MfKQ9r8|hidden|user:password/);
});

test('the command lists webhooks without their secrets, and has dead letters tried again', async () => {
  const [, , away] = receivers;
  const store = join(gateway.folder, 'store');
  const env = { SCANGATE_STORE: `file:${store}`, SCANGATE_WEBHOOKS_FILE: file };
  const ask = async (...args: readonly string[]): Promise<readonly Record<string, unknown>[]> => {
    const { stdout, status } = await warm.scangate(['webhooks', ...args, '--json'], env);
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/MfKQ9r8|\/away/);
    return stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const [listed] = await ask('list');
  expect(listed).toMatchObject({ address: away!.url, kinds: ['minted'], private: true, signatures: ['v1'] });
  const id = String(listed!['id']);
  await gateway.kill();
  const queue = await openFileQueue(queueFolder(store), {
    bytesMax: 1e6,
    now: Date.now,
    onGone: () => undefined,
  });
  const text = '{"id":"7","kind":"minted","ticket_id":"t7"}';
  await queue.put([{ chain: 99, from: 0, to: 1 }], [{ receiver: id, id: '7', subject: 't7', text }]);
  const { messages } = await queue.take(id, { limit: 1000, after: undefined, inHand: false });
  await queue.bury(id, messages.find((message) => message.id === '7')!.place, 15, 'it answered 500');
  await queue.close();
  expect(await ask('dead')).toMatchObject([
    { webhook: id, id: '7', kind: 'minted', ticket_id: 't7', tries: 15 },
  ]);
  expect(await ask('replay')).toEqual([{ replayed: 1 }]);
  await gateway.restart();
  await until(() => told(away, 't7').length > 0);
  expect(await ask('dead')).toEqual([]);
});
