import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { idOf } from '../../../src/store/subject.ts';
import type { Subject } from '../../../src/store/subject.ts';
import { transportContract } from '../../contract/transport.ts';
import { until } from '../../support/until.ts';
import { startGateway } from './gateway.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { ask, pollReader } from './poll-reader.ts';

function address(gateway: Gateway, subject: Subject, query = ''): string {
  return `${gateway.url}/${idOf(subject)}/poll${query}`;
}

for (const nodeKeeps of [false, true]) {
  transportContract({
    nodeKeeps,
    name: 'poll',
    open: (gateway, subject, after) =>
      pollReader(address(gateway, subject, after === undefined ? '' : `?after=${encodeURIComponent(after)}`)),
  });
}

/** A poll that is not answered at once is not answered within this. */
const SOON_MS = 30_000;

describe('a long-poll', () => {
  let gateway: Gateway;

  async function begin(options: GatewayOptions = {}): Promise<Subject> {
    gateway = await startGateway(options);
    return gateway.mint();
  }

  afterEach(async () => {
    await gateway.close();
    await until(() => gateway.isClean());
    expect(gateway.log.filter((line) => /defect|thrown/.test(line))).toEqual([]);
  });

  function cursorOf(subject: Subject): string {
    return gateway.world.heads.get(subject)!.moments.at(-1)!.id;
  }

  async function timed<T>(work: Promise<T>): Promise<{ answer: T; ms: number }> {
    const begun = performance.now();
    const answer = await work;
    return { answer, ms: performance.now() - begun };
  }

  test('without a cursor is answered at once, and nothing may keep the answer', async () => {
    const subject = await begin();
    const { answer, ms } = await timed(ask(address(gateway, subject)));
    expect(ms).toBeLessThan(SOON_MS);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
    expect(JSON.parse(answer.body)).toMatchObject({ cursor: cursorOf(subject), status: 'pending' });
  });

  test('waits as long as the setting says, with jitter on top', async () => {
    let draws = 0;
    // The first draw of the first poll, and of the second.
    const random = (): number => ((draws += 1) % 2 === 1 ? 0 : 1);
    const subject = await begin({ settings: { pollWaitMs: 400, pollJitterMs: 300 }, watch: { random } });
    const waits: number[] = [];
    for (let count = 0; count < 2; count += 1) {
      draws = count;
      const { answer, ms } = await timed(ask(address(gateway, subject, `?after=${cursorOf(subject)}`)));
      expect(answer.status).toBe(204);
      expect(answer.body).toBe('');
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'scangate-cursor': cursorOf(subject),
      });
      waits.push(ms);
    }
    expect(waits[0]).toBeGreaterThanOrEqual(398);
    expect(waits[1]).toBeGreaterThanOrEqual(698);
  });

  test('waits as long as it was asked to, and with wait=0 not at all', async () => {
    const subject = await begin();
    const long = await timed(ask(address(gateway, subject, `?after=${cursorOf(subject)}&wait=2`)));
    expect(long.answer.status).toBe(204);
    expect(long.ms).toBeGreaterThan(1990);
    const read = gateway.world.readCount;
    const none = await timed(ask(address(gateway, subject, `?after=${cursorOf(subject)}&wait=0`)));
    expect(none.answer.status).toBe(204);
    expect(none.ms).toBeLessThan(SOON_MS);
    expect(gateway.world.readCount).toBe(read + 1);
  });

  test.each(['-1', '56', '1.5', 'x', '', '1e1', '99999', ' 1', '+1'])('refuses wait=%j', async (wait) => {
    const subject = await begin();
    const answer = await ask(address(gateway, subject, `?wait=${encodeURIComponent(wait)}`));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_request', field: 'wait' });
  });

  test('two of one ticket are both answered', async () => {
    const subject = await begin();
    const query = `?after=${cursorOf(subject)}`;
    const both = [ask(address(gateway, subject, query)), ask(address(gateway, subject, query))];
    await until(() => gateway.shared.held.count('poll') === 2);
    gateway.move(subject, 'scanned');
    for (const answer of await Promise.all(both))
      expect(JSON.parse(answer.body)).toMatchObject({ status: 'scanned' });
  });

  test('is answered at once by what happened between two', async () => {
    const subject = await begin();
    const query = `?after=${cursorOf(subject)}`;
    gateway.move(subject, 'scanned');
    const { answer, ms } = await timed(ask(address(gateway, subject, query)));
    expect(JSON.parse(answer.body)).toMatchObject({ status: 'scanned' });
    expect(ms).toBeLessThan(SOON_MS);
  });

  test('many on one connection leave no listener on it', async () => {
    const subject = await begin();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const server = once(gateway.server, 'connection') as Promise<[Socket]>;
    const query = `?after=${cursorOf(subject)}&wait=0`;
    await ask(address(gateway, subject, query), { agent });
    const [socket] = await server;
    const listeners = socket.listenerCount('close');
    for (let count = 0; count < 30; count += 1) await ask(address(gateway, subject, query), { agent });
    expect(socket.listenerCount('close')).toBe(listeners);
    const held = ask(address(gateway, subject, `?after=${cursorOf(subject)}`), { agent });
    await until(() => gateway.shared.held.count('poll') === 1);
    gateway.move(subject, 'scanned');
    expect((await held).status).toBe(200);
    const connections = await new Promise<number>((resolve) =>
      gateway.server.getConnections((_error, count) => resolve(count)),
    );
    expect(connections).toBe(1);
    agent.destroy();
  });

  test('a full ticket is 429 with Retry-After', async () => {
    const subject = await begin({ limits: { perSubject: 1 } });
    const held = ask(address(gateway, subject, `?after=${cursorOf(subject)}`));
    await until(() => gateway.shared.held.count('poll') === 1);
    const answer = await ask(address(gateway, subject));
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toMatch(/^[0-9]+$/);
    gateway.move(subject, 'scanned');
    expect((await held).status).toBe(200);
  });

  test('a node that goes answers with Connection: close, the waiting and the new', async () => {
    const subject = await begin();
    const agent = new Agent({ keepAlive: true });
    const query = `?after=${cursorOf(subject)}`;
    const held = ask(address(gateway, subject, query), { agent });
    await until(() => gateway.shared.held.count('poll') === 1);
    await gateway.shared.held.drain({ waitMs: 0, windowMs: 0, maxMs: 3000 });
    expect(await held).toMatchObject({ status: 204, headers: { connection: 'close' } });
    const fresh = await timed(ask(address(gateway, subject), { agent }));
    expect(fresh.answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
    const known = await timed(ask(address(gateway, subject, query), { agent }));
    expect(known.answer).toMatchObject({ status: 204, headers: { connection: 'close' } });
    expect(known.ms).toBeLessThan(SOON_MS);
    agent.destroy();
  });

  test('HEAD does not wait', async () => {
    const subject = await begin();
    const { answer, ms } = await timed(
      ask(address(gateway, subject, `?after=${cursorOf(subject)}`), { method: 'HEAD' }),
    );
    expect(answer.status).toBe(204);
    expect(ms).toBeLessThan(SOON_MS);
  });

  test('a wait that ends while the store is away is a 204 like any other', async () => {
    const subject = await begin({ settings: { pollWaitMs: 300, pollJitterMs: 0 } });
    const held = ask(address(gateway, subject, `?after=${cursorOf(subject)}`));
    await until(() => gateway.shared.held.count('poll') === 1);
    gateway.world.down = true;
    gateway.shared.watch.hub.wake(subject);
    expect((await held).status).toBe(204);
    await sleep(20);
  });
});
