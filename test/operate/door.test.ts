import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

const TOKEN = 'operators-token-of-a-test';
const PER_ADDRESS = 24;
const BEARER = { authorization: `Bearer ${TOKEN}` };

let gateway: Gateway;
let port: number;
let at: string;

beforeAll(async () => {
  port = await freePort();
  at = `http://127.0.0.1:${port}`;
  gateway = await startGateway({
    env: { SCANGATE_ADMIN_LISTEN: `127.0.0.1:${port}`, SCANGATE_ADMIN_TOKEN: TOKEN },
  });
});

afterAll(async () => {
  await gateway?.stop();
});

async function signIn(token: string): Promise<{ readonly status: number; readonly cookie: string }> {
  const { status, headers } = await call(`${at}/sign-in`, { form: { token }, headers: { origin: at } });
  return { status, cookie: headers.get('set-cookie')?.split(';')[0] ?? '' };
}

test('attack: who opens connections and says nothing keeps no other address out', async () => {
  const silent: Socket[] = [];
  for (let count = 0; count < 64; count += 1) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    socket.on('error', () => undefined);
    silent.push(socket);
    await once(socket, 'connect');
  }
  try {
    await until(() => silent.filter(({ closed }) => !closed).length <= PER_ADDRESS, { withinMs: 30_000 });
    expect((await call(`${at}/metrics`, { headers: BEARER })).status).toBe(200);
  } finally {
    for (const socket of silent) socket.destroy();
  }
});

test('attack: whoever guesses the token is seen, by a bearer and in the form, and who has it is let in besides', async () => {
  const wrong = { authorization: `Bearer ${TOKEN}x` };
  const guesses = Promise.all([
    call(`${at}/metrics`, { headers: wrong }),
    call(`${at}/`, { headers: wrong }),
    signIn(`${TOKEN}y`),
  ]);
  expect((await call(`${at}/metrics`, { headers: BEARER })).status).toBe(200);
  expect((await guesses).map(({ status }) => status)).toEqual([401, 401, 401]);
  expect((await signIn(TOKEN)).status).toBe(303);
  const event = '"security":{"kind":"brute_force","reason":"admin_token","address":"127.0.0.1"}';
  const told = /"address":"127\.0\.0\.1"[^\n]*"an operator signed in"/;
  const { stdout } = await until(() => told.test(gateway.output().stdout) && gateway.output());
  expect(stdout.split(event)).toHaveLength(4);
  expect(stdout).not.toContain(TOKEN);
});

test('a stream begins with the history, and ends with the sign-in that opened it, as does a copy of its cookie', async () => {
  const { status, cookie } = await signIn(TOKEN);
  expect(status).toBe(303);
  const reader = (await fetch(`${at}/page/live`, { headers: { cookie } })).body!.getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  expect(first).toMatch(/^retry:[^\n]*\nevent:history\n/);
  expect((await call(`${at}/sign-out`, { method: 'POST', headers: { cookie, origin: at } })).status).toBe(
    303,
  );
  while (!(await reader.read()).done);
  expect((await call(`${at}/v1/audit`, { headers: { cookie } })).status).toBe(401);
});
