import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { freePort, startChild } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { signIn } from '../support/journey.ts';
import { startPostgres } from '../support/postgres.ts';
import type { Postgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { call, expectStatus } from '../support/call.ts';
import { confirm, mint, readScanCode, scan } from '../support/signin.ts';
import { tool } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { watch } from '../support/watching.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import type { WebhookReceiver } from '../support/webhook-receiver.ts';

const run = promisify(execFile);
const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const SOON_MS = 60_000;

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert?: string; readonly record?: string; readonly expr: string }[];
  }[];
}
interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let redis: Redis;
let archive: Postgres;
let gateway: Gateway;
let operatorsUrl: string;
let dashboards: readonly Dashboard[];
let receiver: WebhookReceiver;
let users: Server;
const children: Child[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  await cp(join(DEPLOY, 'prometheus'), folder.path, { recursive: true });
  const files = ['scangate.json', 'scangate-kept.json'].map((name) => join(DEPLOY, 'grafana', name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  dashboards = texts.map((text) => JSON.parse(text) as Dashboard);
  [redis, archive, receiver] = await Promise.all([startRedis(), startPostgres(), startWebhookReceiver()]);
  users = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end('{"status":"active"}');
  }).listen(0, '127.0.0.1');
  await once(users, 'listening');
  const webhooks = join(folder.path, 'webhooks.json');
  const secret = `whsec_${Buffer.alloc(32, 'a receiver of webhooks ').toString('base64')}`;
  await writeFile(webhooks, JSON.stringify([{ url: receiver.url, secret, private: true }]), { mode: 0o600 });
  const listen = `127.0.0.1:${await freePort()}`;
  operatorsUrl = `http://${listen}`;
  gateway = await startGateway({
    env: {
      SCANGATE_STORE: redis.url,
      SCANGATE_ADMIN_LISTEN: listen,
      SCANGATE_ARCHIVE: archive.url,
      SCANGATE_WEBHOOKS_FILE: webhooks,
      SCANGATE_USER_STATUS_URL: `http://127.0.0.1:${(users.address() as AddressInfo).port}/`,
    },
  });
});

afterAll(async () => {
  await Promise.all(children.map((child) => child.stop()));
  await gateway?.stop();
  users?.close();
  await Promise.all([redis?.stop(), archive?.stop(), receiver?.stop()]);
  await folder?.remove();
});

const panelQueries = (): string[] =>
  dashboards.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)));
const queries = (): string[] => [
  ...panelQueries(),
  ...dashboards.flatMap(({ annotations }) => annotations.list.map(({ expr }) => expr)),
];

async function rules(): Promise<Rules['groups'][number]['rules']> {
  const files = ['recording.yml', 'alerts.yml'].map((name) => readFile(join(folder.path, name), 'utf8'));
  return (await Promise.all(files)).flatMap((text) =>
    (parse(text) as Rules).groups.flatMap((one) => one.rules),
  );
}

test('the rules hold their own tests', async () => {
  const promtool = await tool('promtool');
  await run(promtool, ['check', 'config', 'prometheus.yml'], { cwd: folder.path });
  await run(promtool, ['test', 'rules', 'alerts.test.yml'], { cwd: folder.path });
});

test('rules and dashboard ask for nothing that a gateway does not show, and no panel hides another', async () => {
  const asked = [...(await rules()).map(({ expr }) => expr), ...queries()].join('\n');
  const recorded = new Set((await rules()).map(({ record }) => record));
  const shown = await (await fetch(`${operatorsUrl}/metrics`)).text();
  const names = new Set(asked.match(/\b(?:scangate|process|nodejs)[_:][a-z0-9_:]+/g));
  const unknown = [...names].filter(
    (name) =>
      !recorded.has(name) && !shown.includes(`\n# TYPE ${name.replace(/_(?:bucket|count|sum)$/, '')} `),
  );
  expect([names.size > 20, unknown]).toEqual([true, []]);
  expect(dashboards.flatMap(({ panels }) => hiddenOf(panels.map(({ gridPos }) => gridPos)))).toEqual([]);
});

type Box = Dashboard['panels'][number]['gridPos'];

/** The panels that stick out, or stand on another. */
function hiddenOf(boxes: readonly Box[]): readonly Box[] {
  return boxes.filter(
    (one, index) =>
      one.x + one.w > 24 ||
      boxes.slice(0, index).some((other) => {
        const [right, below] = [other.x + other.w, other.y + other.h];
        return one.x < right && other.x < one.x + one.w && one.y < below && other.y < one.y + one.h;
      }),
  );
}

test('each outage that a gateway can tell of stands in the tests of the rules', async () => {
  const { text } = await call(`${operatorsUrl}/metrics`);
  const told = [...text.matchAll(/^scangate_outages\{outage="(\w+)"\}/gm)].map(([, outage]) => outage!);
  const texts = (await readFile(join(folder.path, 'alerts.test.yml'), 'utf8')).replaceAll(/\s+/g, ' ');
  expect(told).toEqual(expect.arrayContaining(['store', 'webhook_reading', 'user_status']));
  expect(told.filter((outage) => !texts.includes(`outage="${outage}"}', values: '0x20 1x60'`))).toEqual([]);
});

/** A stand-in of WeCom's API and of a DingTalk bridge: keeps what it is sent. */
async function startChat(): Promise<{ url: string; texts: string[]; stop(): Promise<void> }> {
  const texts: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (request.method === 'POST') texts.push(`${request.url?.split('?')[0]} ${body}`);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ errcode: 0, errmsg: 'ok', access_token: 'token', expires_in: 7200 }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const stop = (): Promise<void> =>
    new Promise((closed) => {
      server.closeAllConnections();
      server.close(() => closed());
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, texts, stop };
}

/** The sample, with each text replaced, which must stand in it. */
async function rewritten(path: string, replaced: Readonly<Record<string, string>>): Promise<string> {
  let text = await readFile(path, 'utf8');
  for (const [from, to] of Object.entries(replaced)) {
    expect(text).toContain(from);
    text = text.replaceAll(from, to);
  }
  return text;
}

async function startPrometheus(alertmanager: number): Promise<string> {
  const port = await freePort();
  const config = await rewritten(join(folder.path, 'prometheus.yml'), {
    '15s': '1s',
    '127.0.0.1:9093': `127.0.0.1:${alertmanager}`,
    "'127.0.0.1:9080', '127.0.0.1:9081'": `'${new URL(operatorsUrl).host}'`,
  });
  await writeFile(join(folder.path, 'prometheus.yml'), config);
  // A person would wait out the minute.
  await writeFile(
    join(folder.path, 'alerts.yml'),
    await rewritten(join(folder.path, 'alerts.yml'), { 'for: 1m': 'for: 0s' }),
  );
  const options = [
    `--storage.tsdb.path=${join(folder.path, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  children.push(
    startChild(await tool('prometheus'), [
      `--config.file=${join(folder.path, 'prometheus.yml')}`,
      ...options,
    ]),
  );
  return `http://127.0.0.1:${port}`;
}

async function startAlertmanager(port: number, chatUrl: string): Promise<void> {
  const config = await rewritten(join(DEPLOY, 'alertmanager/alertmanager.yml'), {
    'https://qyapi.weixin.qq.com': chatUrl,
    'http://127.0.0.1:8060': chatUrl,
    'group_wait: 10s': 'group_wait: 0s',
  });
  const file = join(folder.path, 'alertmanager.yml');
  await writeFile(file, config);
  const options = [`--storage.path=${join(folder.path, 'alerts')}`, '--cluster.listen-address='];
  children.push(
    startChild(await tool('prometheus-alertmanager'), [
      `--config.file=${file}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...options,
    ]),
  );
}

test('a real Prometheus answers every query of the dashboards, and an outage arrives in the chats', async () => {
  const chat = await startChat();
  const alertmanager = await freePort();
  await startAlertmanager(alertmanager, chat.url);
  const prometheus = await startPrometheus(alertmanager);
  const ask = async (expr: string): Promise<readonly unknown[]> => {
    const known: Readonly<Record<string, string>> = {
      $job: 'scangate',
      $instance: '.+',
      $__rate_interval: '30s',
    };
    const query = expr.replaceAll(/\$[a-z_]+/g, (name) => known[name]!);
    const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`;
    const answer = (await (await fetch(url)).json()) as { status: string; data?: { result: unknown[] } };
    if (answer.status !== 'success') throw new Error(JSON.stringify(answer));
    return answer.data?.result ?? [];
  };
  const waiting = watch('events', await mint(gateway.url));
  let unanswered = panelQueries();
  await until(
    async () => {
      await signIn(gateway.url);
      const ticket = await mint(gateway.url);
      const phone = await scan(gateway.url, readScanCode(ticket.notice));
      for (let i = 0; i < 2; i += 1) await confirm(gateway.url, expectStatus(phone, 201));
      await call(`${gateway.url}/v1/tickets/nobody`);
      const answers = await Promise.all(
        unanswered.map(async (expr) => ((await ask(expr)).length > 0 ? '' : expr)),
      );
      unanswered = answers.filter((expr) => expr !== '');
      return unanswered.length === 0;
    },
    { withinMs: SOON_MS, everyMs: 500, what: 'an answer to every query' },
  ).catch(() => expect(unanswered).toEqual([]));

  await redis.kill();
  await until(
    () =>
      chat.texts.some((text) => text.startsWith('/cgi-bin/message/send') && text.includes('store is away')),
    {
      withinMs: SOON_MS,
      what: 'the outage in WeCom',
    },
  );
  await until(
    () =>
      chat.texts.some((text) => text.startsWith('/dingtalk/scangate/send') && text.includes('store is away')),
    {
      withinMs: SOON_MS,
      what: 'the outage in DingTalk',
    },
  );
  expect(await ask('scangate_outages{outage="store"} > 0')).toHaveLength(1);
  waiting.stop();
  await chat.stop();
});
