import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { TEST_SECRETS, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import type { Said } from '../support/scangate.ts';
import { until } from '../support/until.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm } from '../support/warm.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import type { WebhookReceiver } from '../support/webhook-receiver.ts';

const PAGE = new URL('../../docs/run.md', import.meta.url);
const PASSWORD = 'of-the-least-user';

interface Page {
  readonly events: readonly unknown[];
}

let redis: Redis;
let folder: TemporaryFolder;
let gateway: Gateway | undefined;
let receiver: WebhookReceiver;
let env: Readonly<Record<string, string>>;

let warm: Warm;

beforeAll(async () => {
  warm = startWarm();
  [redis, folder] = await Promise.all([startRedis(), temporaryFolder()]);
  await redis.ask('ACL', 'SETUSER', 'scangate', ...(await rights()));
  receiver = await startWebhookReceiver();
  const webhooks = join(folder.path, 'webhooks.json');
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
  await writeFile(webhooks, JSON.stringify([{ url: receiver.url, secret, private: true }]), { mode: 0o600 });
  env = {
    SCANGATE_STORE: redis.url.replace('//', `//scangate:${PASSWORD}@`),
    SCANGATE_SECRETS: TEST_SECRETS,
    SCANGATE_PHONE_IDENTITY: 'demo',
    SCANGATE_WEBHOOKS_FILE: webhooks,
    SCANGATE_ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
  };
});

afterAll(async () => {
  await warm.stop();
  await gateway?.stop();
  await receiver?.stop();
  await redis?.stop();
  await folder?.remove();
});

/** What the page gives the user of a gateway, word by word but for the password. */
async function rights(): Promise<readonly string[]> {
  const [, rule = ''] = /^ACL SETUSER scangate ([^`]*?)^```$/m.exec(await readFile(PAGE, 'utf8')) ?? [];
  return rule
    .trim()
    .split(/[\s\\]+/)
    .map((word) => (word.startsWith('>') ? `>${PASSWORD}` : word));
}

/** What the server refused to a user since it was last asked: commands and keys. */
async function refusals(): Promise<readonly unknown[]> {
  const log = (await redis.ask('ACL', 'LOG', '100')) as readonly (readonly unknown[])[];
  await redis.ask('ACL', 'LOG', 'RESET');
  // The driver tells its version to a Redis of 7.2, and does without.
  return log.map((entry) => entry[7]).filter((name) => name !== 'client|setinfo');
}

interface Report {
  readonly servers: readonly {
    readonly denied: readonly string[];
    readonly deniedCopies: readonly string[];
  }[];
}

async function report(settings: Readonly<Record<string, string>>): Promise<Report> {
  return JSON.parse((await warm.scangate(['check', '--json'], { ...settings, PORT: '0' })).stdout) as Report;
}

async function works(args: readonly string[]): Promise<void> {
  const { status, stderr } = await command(...args);
  expect({ of: args[0], status, stderr }).toEqual({ of: args[0], status: 0, stderr: '' });
}

function command(...args: readonly string[]): Promise<Said> {
  return warm.scangate(args, env);
}

test('what check says that a user lacks is what the page names', async () => {
  const own = ['+acl|whoami', '+acl|dryrun', '+info', '+time', '+ping', '+client|setname', '+select'];
  await redis.ask('ACL', 'SETUSER', 'nobody', 'on', `>${PASSWORD}`, '~*', ...own);
  const { servers } = await report({
    ...env,
    SCANGATE_STORE: redis.url.replace('//', `//nobody:${PASSWORD}@`),
  });
  const [{ denied, deniedCopies } = { denied: [], deniedCopies: [] }] = servers;
  const named = (await rights()).filter((word) => word.startsWith('+') && !own.includes(word));
  // What only a Cluster is asked.
  const alone = named.filter((word) => !word.startsWith('+cluster|'));
  expect([...denied, ...deniedCopies].map((name) => `+${name}`).toSorted()).toEqual(alone);
  await refusals();
});

test('with the rights that the page names everything works, and nothing else is asked for', async () => {
  const checked = await report(env);
  expect(checked).toMatchObject({ starts: true, servers: [{ denied: [], deniedCopies: [] }] });
  gateway = await startGateway({ env });
  const { ticket, tokens } = await signIn(gateway.url, {
    name: 'ada',
    mint: { scope: 'openid offline_access' },
  });
  await signIn(gateway.url, { name: 'ada' });
  const token = { refresh_token: tokens.refresh_token, client_id: 'demo' };
  expectStatus(
    await call(`${gateway.url}/oauth/token`, { form: { grant_type: 'refresh_token', ...token } }),
    200,
  );
  const bearer = { authorization: 'Bearer demo-ada' };
  expectStatus(await call(`${gateway.url}/v1/sessions`, { headers: bearer }), 200);
  expectStatus(
    await call(`${gateway.url}/oauth/device_authorization`, { form: { client_id: 'demo', scope: 'openid' } }),
    200,
  );
  await until(
    async () => {
      const asked = await call<Page & {}>(`http://${env['SCANGATE_ADMIN_LISTEN']}/v1/audit?kind=opened`);
      return expectStatus(asked, 200).events.length > 0;
    },
    { withinMs: 30_000, what: 'the record of it' },
  );
  await until(() => receiver.received.some(({ body }) => body.type === 'opened'));
  expectStatus(await call(`${gateway.url}/v1/history`, { headers: bearer }), 200);
  const name = /"ticket":"(t_[^"]+)"/.exec(gateway.output().stdout)?.[1] ?? 'none';
  await Promise.all(
    [
      ['audit', 'verify'],
      ['webhooks', 'replay'],
      ['timeline', ticket.notice.ticket_id],
      ['timeline', name],
      ['export', join(folder.path, 'copy')],
      ['rebuild', '--threads', '1'],
      ['migrate'],
    ].map(works),
  );
  await works(['revoke', '--user', 'demo:ada']);
  await gateway.stop();
  await works(['import', '--replace', join(folder.path, 'copy')]);
  expect(await refusals()).toEqual([]);
});
