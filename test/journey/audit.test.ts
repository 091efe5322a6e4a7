import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import type { Journey } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { scangate } from '../support/scangate.ts';
import { until } from '../support/until.ts';
import { demoPhone, deny, mint, readScanCode, scan } from '../support/signin.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

interface Told {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly ticket_id?: string;
  readonly session_id?: string;
  readonly client_id?: string;
  readonly user?: string;
  readonly address?: string;
  readonly reason?: string;
  readonly browser?: { readonly address: string; readonly agent: string };
}

interface Page {
  readonly events: readonly Told[];
  readonly next?: string;
}

let warm: Warm;

beforeAll(() => {
  warm = startWarm();
});

afterAll(() => warm.stop());

describe.each(['file', 'redis'] as const)('the record on the %s store', (kind) => {
  let redis: Redis | undefined;
  let gateway: Gateway;
  let admin: string;
  let journey: Journey;

  beforeAll(async () => {
    if (kind === 'redis') redis = await startRedis();
    const port = await freePort();
    admin = `http://127.0.0.1:${port}`;
    gateway = await startGateway({
      env: {
        SCANGATE_ADMIN_LISTEN: `127.0.0.1:${port}`,
        ...(redis === undefined ? {} : { SCANGATE_STORE: redis.url }),
      },
    });
    journey = await signIn(gateway.url, { name: 'ada', mint: { scope: 'openid offline_access' } });
  });

  afterAll(async () => {
    await gateway?.stop();
    await redis?.stop();
  });

  async function page(query: string): Promise<Page> {
    return expectStatus(await call<Page & {}>(`${admin}/v1/audit?${query}`), 200);
  }

  /** `scangate audit …`, whatever its status. */
  async function command(run: Warm['scangate'], ...args: readonly string[]) {
    const env = { SCANGATE_STORE: redis?.url ?? `file:${gateway.folder}/store` };
    const { status, stdout } = await run(['audit', ...args, '--json'], env);
    const told = stdout.split('\n').filter((line) => line !== '');
    return { status, stdout, told: told.map((line) => JSON.parse(line) as unknown) };
  }

  async function audit(...args: readonly string[]): Promise<readonly Told[]> {
    return (await command(warm.scangate, ...args)).told as readonly Told[];
  }

  test('a whole sign-in is found by its ticket, in order, each event once', async () => {
    const { events } = await page(`ticket_id=${journey.ticket.ticketId}`);
    expect(events.map(({ kind }) => kind)).toEqual(['minted', 'scanned', 'confirmed', 'redeemed', 'opened']);
    const [minted, , confirmed, , opened] = events;
    expect(minted).toMatchObject({ client_id: 'demo', address: '127.0.0.1' });
    expect(minted).not.toHaveProperty('user');
    expect(confirmed).toMatchObject({ user: 'ada', source: 'demo', browser: { address: '127.0.0.1' } });
    expect(opened?.session_id).toMatch(/^[\w-]{20,}$/);
    const ids = events.map(({ id }) => BigInt(id));
    expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
    for (const { at } of events) expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(60_000);
  });

  test('the command finds the same by user, client, session, address and kind, while the gateway runs', async () => {
    const { events } = await page(`ticket_id=${journey.ticket.ticketId}`);
    const session = events.find(({ kind }) => kind === 'opened')?.session_id ?? '';
    const kinds = (told: readonly Told[]): readonly string[] => told.map(({ kind }) => kind);
    expect(kinds(await audit('--user', 'demo:ada'))).toEqual(['scanned', 'confirmed', 'redeemed', 'opened']);
    expect(kinds(await audit('--session', session))).toEqual(['opened']);
    expect(kinds(await audit('--client', 'demo', '--kind', 'confirmed', '--since', 'PT1H'))).toContain(
      'confirmed',
    );
    expect(await audit('--address', '192.0.2.1')).toEqual([]);
    expect(kinds(await audit('--user', 'ada', '--last', '1'))).toEqual(['opened']);
  });

  test('pages by id, either way, and refuses what it does not understand', async () => {
    const all: Told[] = [];
    for (let query = 'user=ada&limit=2'; ;) {
      const { events, next } = await page(query);
      all.push(...events);
      if (next === undefined) break;
      query = `user=ada&limit=2&after=${next}`;
    }
    expect(all.map(({ kind }) => kind).slice(0, 4)).toEqual(['scanned', 'confirmed', 'redeemed', 'opened']);
    const newest = await page('user=ada&order=newest&limit=1');
    expect(newest.events[0]?.id).toBe(all.at(-1)?.id);
    for (const query of [
      'users=ada',
      'after=x',
      'limit=0',
      'since=yesterday',
      'user=a&user=b',
      'kind=deny',
      'address=foo',
    ]) {
      const { status, body } = await call<object>(`${admin}/v1/audit?${query}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({
        type: 'urn:scangate:problem:invalid_request',
        status,
        detail: expect.anything(),
      });
    }
  });

  test('a denial that is reported says so, and the phone sees both in its history', async () => {
    const ticket = await mint(gateway.url);
    const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice), 'ada'), 201);
    expectStatus(await deny(gateway.url, scanned, 'ada', { report: true }), 200);
    const { events } = await page(`ticket_id=${ticket.ticketId}&kind=denied`);
    expect(events).toMatchObject([{ kind: 'denied', user: 'ada', reason: 'reported' }]);
    const history = await call<{ readonly sign_ins: readonly object[] }>(`${gateway.url}/v1/history`, {
      headers: demoPhone('ada'),
    });
    expect(expectStatus(history, 200).sign_ins).toMatchObject([
      { status: 'denied', reported: true, client: 'demo', browser: { ip: '127.0.0.1' } },
      { status: 'confirmed', client: 'demo', phone: { ip: '127.0.0.1' } },
    ]);
    const other = await call<{ readonly sign_ins: readonly object[] }>(`${gateway.url}/v1/history`, {
      headers: demoPhone('grace'),
    });
    expect(expectStatus(other, 200)).toEqual({ sign_ins: [] });
    expect((await call(`${gateway.url}/v1/history`)).status).toBe(401);
  });

  test('nothing in it is a secret', async () => {
    const { events } = await page('limit=1000');
    const text = JSON.stringify(events);
    const { ticket, handshake, code, tokens } = journey;
    const secrets = [
      handshake,
      code,
      tokens.access_token,
      tokens.refresh_token,
      ticket.verifier,
      readScanCode(ticket.notice),
    ];
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  test('what was answered just before a SIGKILL is kept all the same, and nothing twice', async () => {
    const before = await page('limit=1000');
    const { ticket } = await signIn(gateway.url, { name: 'eve' });
    await gateway.kill();
    await gateway.restart();
    // Another process takes over once the lease of the one that was killed has run out.
    const isWhole = async (): Promise<boolean> =>
      (await page(`ticket_id=${ticket.ticketId}`)).events.length === 5;
    await until(isWhole, { withinMs: 30_000, everyMs: 100, what: 'the record of the sign-in' });
    const after = await page('limit=1000');
    expect(after.events.slice(0, before.events.length)).toEqual(before.events);
    const hers = after.events.filter((event) => event.ticket_id === ticket.ticketId);
    expect(hers.map(({ kind }) => kind)).toEqual(['minted', 'scanned', 'confirmed', 'redeemed', 'opened']);
    const events = after.events
      .filter((event) => event.ticket_id !== undefined)
      .map((event) => `${event.ticket_id} ${event.kind} ${event.session_id}`);
    expect(new Set(events).size).toBe(events.length);
  });

  test('the chain is proven, and an altered byte, a dropped entry and a swapped pair are each named', async () => {
    const file = join(gateway.folder, 'export.ndjson');
    const keys = join(gateway.folder, 'keys.json');
    const published = await call(`${gateway.url}/.well-known/scangate-record-keys`);
    expect(expectStatus(published, 200)['keys']).toHaveLength(1);
    await writeFile(keys, published.text);
    // What it has not signed yet, it signs as it leaves.
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toMatchObject({ code: 0 });
    const whole = await command(warm.scangate, 'verify', '--keys', keys);
    expect(whole).toMatchObject({ status: 0, told: [{ breaks: 0, erased: 0 }] });
    const [sum] = whole.told as readonly { readonly signed: Readonly<Record<string, number>> }[];
    expect(Object.values(sum?.signed ?? {}).reduce((links, link) => links + link, 0)).toBeGreaterThan(10);

    const { stdout } = await command(scangate, 'export');
    const lines = stdout.trim().split('\n');
    const verify = async (changed: readonly string[]): Promise<unknown> => {
      await writeFile(file, changed.join('\n'));
      const { status, told } = await command(warm.scangate, 'verify', file, '--keys', keys);
      return [status, ...told.slice(0, -1).map((one) => (one as { break: { what: string } }).break.what)];
    };
    const at = lines.findIndex(
      (line, index) => /"link":[3-9],/.test(line) && chainOf(line) === chainOf(lines[index + 1] ?? '{}'),
    );
    const altered = lines.with(at, lines[at]!.replace('\\"at\\":\\"2', '\\"at\\":\\"3'));
    expect(altered).not.toEqual(lines);
    expect(await verify(lines)).toEqual([0]);
    expect(await verify(altered)).toEqual([1, 'altered']);
    expect(await verify(lines.toSpliced(at, 1))).toEqual([1, 'dropped']);
    expect(await verify(lines.toSpliced(at, 2, lines[at + 1]!, lines[at]!))).toEqual([
      1,
      'dropped',
      'swapped',
    ]);
  });
});

function chainOf(line: string): unknown {
  return (JSON.parse(line) as { readonly chain?: number }).chain;
}
