import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import { openFileQueue } from '../../src/keepers/file/open-queue.ts';
import { ReplayWishes } from '../../src/keepers/file/replay-wishes.ts';
import { forgetPerson } from '../../src/record/keeping/forgetting.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { Couriers } from '../../src/webhooks/couriers.ts';
import { FanOut } from '../../src/webhooks/fan-out.ts';
import type { Receiver } from '../../src/webhooks/receiver.ts';
import { entry, writer } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

let folders: readonly TemporaryFolder[];

beforeAll(async () => {
  folders = [await temporaryFolder(), await temporaryFolder()];
});

afterAll(async () => {
  for (const folder of folders) await folder.remove();
});

test('who is forgotten while messages wait is told as erased, dead letters too, and nobody else is', async () => {
  const [kept, queued] = folders.map(({ path }) => path) as [string, string];
  const archive = await openFileArchive(kept);
  const queue = await openFileQueue(queued, { bytesMax: 1e6, now: Date.now, onGone: () => undefined });
  const receiver: Receiver = { id: 'r', url: 'http://127.0.0.1/', keys: [], isPrivate: true };
  const fanOut = new FanOut({
    archive,
    queue,
    receivers: () => [receiver],
    time: systemTime,
    onPut: () => undefined,
    onLost: () => undefined,
  });
  await fanOut.begin();
  const bob = { user: 'bob', address: '198.51.100.4' };
  await writer(archive).add([entry(1), entry(2), entry(3, {}, bob)]);
  await fanOut.look();
  const { messages } = await queue.take('r', { limit: 10, after: undefined, inHand: false });
  expect(messages).toHaveLength(3);
  expect(JSON.stringify(messages)).not.toMatch(/ada|192\.0\.2\.7/);
  await queue.bury('r', messages[0]?.place ?? '', 15, 'it answered 500');

  await forgetPerson(archive, { source: 'demo', subject: 'ada' }, { isDryRun: false });
  await new ReplayWishes(queued).make('r', [messages[0]?.place ?? '']);
  const bodies: string[] = [];
  const couriers = new Couriers({
    queue,
    archive,
    call: async (_receiver, { body }) => {
      bodies.push(body);
      return { kind: 'delivered' };
    },
    time: systemTime,
    lookMs: 50,
    trustedMs: Number.POSITIVE_INFINITY,
    onDelivery: () => undefined,
    onWaiting: () => undefined,
  });
  couriers.follow([receiver]);
  await until(() => bodies.length >= 3, { what: 'three messages' });
  await couriers.close();
  await queue.close();
  await archive.close();

  expect(bodies.join('')).not.toMatch(/ada|192\.0\.2\.7/);
  const told = bodies.map((body) => (JSON.parse(body) as { data: Readonly<Record<string, unknown>> }).data);
  const byTicket = new Map(told.map((data) => [data['ticket_id'], data]));
  for (const ticket of ['t1', 't2']) {
    expect(byTicket.get(ticket)).toMatchObject({ kind: 'confirmed', client_id: 'demo', erased: true });
    expect(byTicket.get(ticket)).not.toHaveProperty('user');
  }
  expect(byTicket.get('t3')).toMatchObject(bob);
  expect(byTicket.get('t3')).not.toHaveProperty('erased');
});
