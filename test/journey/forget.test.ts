import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { call, expectStatus } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import type { Journey } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { scangate } from '../support/scangate.ts';
import type { Said } from '../support/scangate.ts';
import { demoPhone } from '../support/signin.ts';

interface Told {
  readonly kind: string;
  readonly reason?: string;
  readonly ticket_id?: string;
  readonly user?: string;
  readonly address?: string;
  readonly erased?: true;
  readonly entries?: number;
  readonly ended?: number;
}

interface Forgot {
  readonly ended: { readonly sessions: number; readonly users: number };
  readonly forgotten: { readonly entries: number; readonly tickets: number };
  readonly dry_run: boolean;
}

/** What docs/run.md has operators do. */
async function linesOfPage(): Promise<readonly string[]> {
  const page = await readFile(new URL('../../docs/run.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('## A person asks to be forgotten\n');
  const [, block = ''] = /```sh\n(.*?)```/s.exec(section) ?? [];
  return block
    .trim()
    .split('\n')
    .map((line) => line.replace(/ *#.*/, ''));
}

/** What a sign-in leaves, of whom it is: minted, scanned, confirmed, redeemed, opened. */
const ENTRIES = 5;

describe.each(['file', 'redis'] as const)('a person who is forgotten, on the %s store', (kind) => {
  let folder: TemporaryFolder;
  let redis: Redis | undefined;
  let gateway: Gateway;
  let env: Readonly<Record<string, string>>;
  let journey: Journey;
  let exported: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    if (kind === 'redis') redis = await startRedis();
    const admin = `127.0.0.1:${await freePort()}`;
    const gatewayEnv = {
      SCANGATE_ADMIN_LISTEN: admin,
      ...(redis === undefined ? {} : { SCANGATE_STORE: redis.url }),
    };
    gateway = await startGateway({ env: gatewayEnv });
    const store = redis?.url ?? `file:${gateway.folder}/store`;
    env = { SCANGATE_STORE: store, SCANGATE_ADMIN_LISTEN: admin };
    journey = await signIn(gateway.url, { name: 'ada', mint: { scope: 'openid offline_access' } });
    await signIn(gateway.url, { name: 'ada', mint: { scope: 'openid offline_access' } });
    await signIn(gateway.url, { name: 'bob' });
    exported = join(folder.path, 'before.ndjson');
    await audit('user=ada');
    await writeFile(exported, (await scangate(['audit', 'export'], env)).stdout);
  });

  afterAll(async () => {
    await gateway?.stop();
    await redis?.stop();
    await folder?.remove();
  });

  function linesOf<T>({ status, stdout, stderr }: Said): T[] {
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }

  /** What the running gateway finds. */
  async function audit(query: string): Promise<readonly Told[]> {
    const at = `http://${env['SCANGATE_ADMIN_LISTEN']}/v1/audit?${query}`;
    return expectStatus(await call<{ events: Told[] }>(at), 200).events;
  }

  async function forget(...args: readonly string[]): Promise<Forgot> {
    return linesOf<Forgot>(await scangate(['forget', ...args, '--json'], env)).at(-1) as Forgot;
  }

  async function history(name: string): Promise<readonly unknown[]> {
    const answer = await call<{ sign_ins: unknown[] }>(`${gateway.url}/v1/history`, {
      headers: demoPhone(name),
    });
    return expectStatus(answer, 200).sign_ins;
  }

  test('a dry run tells how much it would be, and nothing goes', async () => {
    const would = await forget('demo:ada', '--dry-run');
    expect(would).toMatchObject({
      ended: { sessions: 2 },
      forgotten: { entries: 2 * ENTRIES, tickets: 2 },
      dry_run: true,
    });
    expect(await history('ada')).toHaveLength(2);
    expect(await audit('kind=forgotten')).toEqual([]);
  });

  test('their sessions end, and then nothing tells of them', async () => {
    const forgot = await forget('demo:ada');
    // The ends of both sessions stand in the record as well.
    expect(forgot).toMatchObject({
      ended: { sessions: 2, users: 1 },
      forgotten: { entries: 2 * ENTRIES + 2, tickets: 2 },
    });
    const introspected = await call(`${gateway.url}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${journey.tokens.access_token}` },
    });
    expect(introspected.status).toBe(401);
    for (const user of ['ada', 'demo:ada']) expect(await audit(`user=${user}`)).toEqual([]);
    const entries = await audit(`ticket_id=${journey.ticket.ticketId}`);
    expect(entries.map((told) => told.kind)).toEqual([
      'minted',
      'scanned',
      'confirmed',
      'redeemed',
      'opened',
      'revoked',
    ]);
    for (const told of entries) {
      expect(told.erased).toBe(true);
      for (const member of ['user', 'source', 'name', 'address', 'agent', 'browser'])
        expect(told).not.toHaveProperty(member);
    }
    expect(await history('ada')).toEqual([]);
    expect(await history('bob')).toHaveLength(1);
    expect(await audit('user=bob')).toHaveLength(4);
  });

  test('the record says that it was done, and not of whom', async () => {
    const told = await audit('kind=forgotten');
    expect(told.map(({ reason }) => reason)).toEqual(['operator_begun', 'operator']);
    expect(told[1]).toMatchObject({ entries: 2 * ENTRIES + 2, ended: 2 });
    expect(JSON.stringify(told)).not.toContain('ada');
  });

  test('the chains still prove all of it, and say how much is erased; what was exported before is out of reach', async () => {
    const [sum] = linesOf<{ breaks: number; erased: number }>(
      await scangate(['audit', 'verify', '--json'], env),
    ).slice(-1);
    expect(sum).toMatchObject({ breaks: 0, erased: 2 * ENTRIES + 2 });
    const old = linesOf<{ erased: number }>(await scangate(['audit', 'verify', exported, '--json'], env));
    expect(old.at(-1)).toMatchObject({ breaks: 0, erased: 0 });
    const now = join(folder.path, 'after.ndjson');
    await writeFile(now, (await scangate(['audit', 'export'], env)).stdout);
    const later = linesOf(await scangate(['audit', 'verify', now, '--heads', exported, '--json'], env));
    expect(later.at(-1)).toMatchObject({ breaks: 0, erased: 2 * ENTRIES + 2 });
  });

  test('again, there is nothing left; and who signs in anew is known anew', async () => {
    expect(await forget('demo:ada')).toMatchObject({ forgotten: { entries: 0, tickets: 0 } });
    await signIn(gateway.url, { name: 'ada' });
    expect(await history('ada')).toHaveLength(1);
  });

  test('with no gateway running it does the same, for what was not moved yet too', async () => {
    await gateway.kill();
    expect(await forget('demo:bob')).toMatchObject({ forgotten: { tickets: 1 } });
    expect((await scangate(['audit', '--user', 'bob'], env)).stdout).toBe('');
    expect((await scangate(['audit', 'verify'], env)).stdout).toContain(' 0 breaks');
  });

  test('what the page says to do, word by word', async () => {
    await gateway.restart();
    await signIn(gateway.url, { name: 'alice' });
    const outputs: string[] = [];
    for (const line of await linesOfPage()) {
      const [program = '', ...args] = line.split(' ');
      expect(program).toBe('scangate');
      const { status, stdout, stderr } = await scangate(args, env);
      expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: '' });
      outputs.push(stdout);
    }
    expect(outputs).toHaveLength(4);
    expect(outputs[0]).toContain('nothing was done');
    expect(outputs[1]).toContain('out of reach: exports');
    expect(outputs[2]).toBe('');
    expect(outputs[3]).toContain(' 0 breaks');
    await gateway.kill();
  });

  test('a wrong call does nothing', async () => {
    expect(await scangate(['forget', 'bob'], env)).toMatchObject({ status: 2 });
    expect(await scangate(['forget'], env)).toMatchObject({ status: 2 });
  });
});
