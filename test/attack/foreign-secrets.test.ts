import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import type { Said } from '../support/scangate.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';

/** A node that reaches the store, with the address of the others and secrets of its own. */
const [FOREIGN, THIRD] = ['foreign', 'a third'].map((text) =>
  Buffer.alloc(32, `secret of ${text} node `).toString('base64url'),
) as [string, string];

let folder: TemporaryFolder;
let redis: Redis;
let ours: Gateway;
/** In the process that also runs the commands. */
let foreign: WarmGateway;
let warm: Warm;

beforeAll(async () => {
  [folder, redis] = await Promise.all([temporaryFolder(), startRedis()]);
  const port = await freePort();
  warm = startWarm();
  const env = { SCANGATE_STORE: redis.url, SCANGATE_PUBLIC_URL: `http://localhost:${port}` };
  [ours, foreign] = await Promise.all([
    startGateway({ env, port }),
    warm.gateway({ ...env, SCANGATE_SECRETS: FOREIGN }),
  ]);
});

afterAll(async () => {
  await Promise.all([ours?.stop(), warm?.stop()]);
  await redis?.stop();
  await folder.remove();
});

/** A sign-in at a gateway, and how the secrets of each of its steps are answered by another. */
async function answersOf(
  made: WarmGateway | Gateway,
  asked: WarmGateway | Gateway,
): Promise<Readonly<Record<string, number>>> {
  const options = { redirectUri: undefined, scope: 'openid offline_access' };
  const ticket = await mint(made.url, options);
  const browser = (await look(ticket, asked.url)).status;
  const scanCode = readScanCode(ticket.notice);
  const scanned = (await scan(asked.url, scanCode)).status;
  const phone = expectStatus(await scan(made.url, scanCode), 200, 201);
  const handshake = (await confirm(asked.url, phone)).status;
  expectStatus(await confirm(made.url, phone), 200);
  const { result } = expectStatus(await look(ticket, made.url), 200);
  const once = { idempotencyKey: 'once' };
  const code = (await redeem(asked.url, ticket, result!.code, once)).status;
  const tokens = expectStatus(await redeem(made.url, ticket, result!.code, once), 200);
  const authorization = `Bearer ${tokens.access_token}`;
  const access = (await call(`${asked.url}/oauth/userinfo`, { headers: { authorization } })).status;
  const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: 'demo' };
  const refresh = (await call(`${asked.url}/oauth/token`, { form })).status;
  return { browser, scanned, handshake, code, access, refresh };
}

test('attack: a node of other secrets makes nothing that ours take, at any step of a sign-in', async () => {
  const good = { browser: 200, scanned: 201, handshake: 200, code: 200, access: 200, refresh: 200 };
  expect(await answersOf(ours, ours)).toEqual(good);
  const refused = { browser: 404, scanned: 404, handshake: 404, code: 400, access: 401, refresh: 400 };
  expect(await answersOf(foreign, ours)).toEqual(refused);
});

const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Said> =>
  warm.scangate([...args, '--json'], { SCANGATE_STORE: redis.url, ...more });

/** The keys by which heads of the record say that they are signed, one for each head. */
async function heads(): Promise<readonly string[]> {
  const { stdout } = await run(['audit', 'export']);
  return stdout.match(/(?<=\\"kid\\":\\")[\w-]+(?=\\",\\"signature)/g) ?? [];
}

async function signers(): Promise<ReadonlySet<string>> {
  return new Set(await heads());
}

async function keysOf({
  url,
}: WarmGateway | Gateway): Promise<{ readonly kids: readonly string[]; readonly text: string }> {
  const { body, text } = await call<{ keys: { kid: string }[] }>(`${url}/.well-known/scangate-record-keys`);
  return { kids: body.keys.map(({ kid }) => kid), text };
}

test('attack: nor does its word make it a signer of the record, or a command one', async () => {
  const [own, others] = [await keysOf(ours), await keysOf(foreign)];
  const [mine, theirs] = [own.kids[0]!, others.kids[0]!];
  await foreign.stop();
  await ours.restart();
  await until(async () => (await signers()).has(mine), {
    withinMs: 60_000,
    everyMs: 2000,
    what: 'a head of ours',
  });
  expect((await keysOf(ours)).kids).toEqual([mine]);
  const keys = join(folder.path, 'keys.json');
  writeFileSync(keys, own.text);
  const { status, stdout } = await run(['audit', 'verify', '--keys', keys]);
  const breaks = [...stdout.matchAll(/"what":"(\w+)"/g)].map(([, what]) => what);
  const isForeign = (await signers()).has(theirs);
  expect([status, [...new Set(breaks)]]).toEqual(isForeign ? [1, ['head_not_signed']] : [0, []]);
  expect(isForeign).toBe(true);

  const byOthers = async (): Promise<number> => (await heads()).filter((kid) => kid !== mine).length;
  const before = await byOthers();
  for (const secret of [THIRD, FOREIGN]) {
    const revoked = await run(['revoke', '--client', 'nobody'], { SCANGATE_SECRETS: secret });
    expect(revoked).toMatchObject({ status: 0, stderr: '' });
    expect(await byOthers()).toBe(before);
  }
});
