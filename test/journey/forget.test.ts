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
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';

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
/** What two of them leave, with the ends of both sessions. */
const ERASED = 2 * (ENTRIES + 1);

let warm: Warm;

beforeAll(() => {
  warm = startWarm();
});

afterAll(() => warm.stop());

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
    journey = await signIn(gateway.url, { name: 'alice', mint: { scope: 'openid offline_access' } });
    await signIn(gateway.url, { name: 'alice', mint: { scope: 'openid offline_access' } });
    await signIn(gateway.url, { name: 'bob' });
    exported = join(folder.path, 'before.ndjson');
    await audit('user=alice');
    if (kind === 'file') await writeFile(exported, (await warm.scangate(['audit', 'export'], env)).stdout);
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
    return linesOf<Forgot>(await warm.scangate(['forget', ...args, '--json'], env)).at(-1) as Forgot;
  }

  /** What the command of a line says, which goes well. */
  async function said(line: string, run = warm.scangate): Promise<string> {
    const [program = '', ...args] = line.trim().split(' ');
    expect(program).toBe('scangate');
    const { status, stdout, stderr } = await run(args, env);
    expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: '' });
    return stdout;
  }

  async function history(name: string): Promise<readonly unknown[]> {
    const answer = await call<{ sign_ins: unknown[] }>(`${gateway.url}/v1/history`, {
      headers: demoPhone(name),
    });
    return expectStatus(answer, 200).sign_ins;
  }

  test('what the page says to do, word by word: a dry run tells how much it would be, and nothing goes; then their sessions end, and nothing tells of them', async () => {
    const [dryRun = '', forgets = '', asks = '', verifies = '', ...others] = await linesOfPage();
    expect(others).toEqual([]);
    const would = await said(dryRun);
    expect(would).toContain('nothing was done');
    expect(would).toContain(
      `: 2 sessions and 0 tickets ended; ${2 * ENTRIES} entries of the record, of 2 tickets`,
    );
    expect(await history('alice')).toHaveLength(2);
    expect(await audit('kind=forgotten')).toEqual([]);

    const did = await said(forgets, scangate);
    expect(did).toContain(`2 sessions and 0 tickets ended; ${ERASED} entries of the record, of 2 tickets`);
    expect(did).toContain('out of reach: exports');
    expect(await said(asks)).toBe('');
    const proven = await said(verifies);
    expect(proven).toContain(' 0 breaks');
    expect(proven).toContain(`${ERASED} erased`);
    const userinfo = await call(`${gateway.url}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${journey.tokens.access_token}` },
    });
    expect(userinfo.status).toBe(401);
  });

  test('their entries stay and say erased, and nobody else is missed', async () => {
    for (const user of ['alice', 'demo:alice']) expect(await audit(`user=${user}`)).toEqual([]);
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
    expect(await history('alice')).toEqual([]);
    expect(await history('bob')).toHaveLength(1);
    expect(await audit('user=bob')).toHaveLength(4);
  });

  test('the record says that it was done, and not of whom', async () => {
    const told = await audit('kind=forgotten');
    expect(told.map(({ reason }) => reason)).toEqual(['operator_begun', 'operator']);
    expect(told[1]).toMatchObject({ entries: ERASED, ended: 2 });
    expect(JSON.stringify(told)).not.toContain('alice');
  });

  // What is exported is the same whatever keeps it.
  if (kind === 'file')
    test('exports still prove all of it, and say how much is erased; what was exported before is out of reach', async () => {
      const old = linesOf<{ erased: number }>(
        await warm.scangate(['audit', 'verify', exported, '--json'], env),
      );
      expect(old.at(-1)).toMatchObject({ breaks: 0, erased: 0 });
      const now = join(folder.path, 'after.ndjson');
      await writeFile(now, (await warm.scangate(['audit', 'export'], env)).stdout);
      const later = linesOf(
        await warm.scangate(['audit', 'verify', now, '--heads', exported, '--json'], env),
      );
      expect(later.at(-1)).toMatchObject({ breaks: 0, erased: ERASED });
    });

  test('who signs in anew is known anew', async () => {
    await signIn(gateway.url, { name: 'alice' });
    expect(await history('alice')).toHaveLength(1);
  });

  test('with no gateway running it does the same, for what was not moved yet too; again, there is nothing left', async () => {
    await gateway.kill();
    const { forgotten } = await forget('demo:bob');
    expect(forgotten).toMatchObject({ tickets: 1 });
    const sum = linesOf(await warm.scangate(['audit', 'verify', '--json'], env)).at(-1);
    expect(sum).toMatchObject({ breaks: 0, erased: ERASED + forgotten.entries });
    if (kind === 'file')
      expect(await forget('demo:bob')).toMatchObject({ forgotten: { entries: 0, tickets: 0 } });
  });
});

test('a wrong call does nothing', async () => {
  expect(await warm.scangate(['forget', 'bob'], {})).toMatchObject({ status: 2 });
  const long = await warm.scangate(['forget', 'demo:' + 'k'.repeat(256)], {});
  expect(long).toMatchObject({ status: 2, stderr: expect.stringContaining('255 characters at most') });
});
