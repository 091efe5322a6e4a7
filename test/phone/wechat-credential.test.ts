import { outwardTo } from '../support/outward.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { breaker } from '../../src/phone/breaker.ts';
import { PhoneSourceAway } from '../../src/phone/phone-identity.ts';
import { wechatApi } from '../../src/phone/wechat/api.ts';
import type { CallWechat } from '../../src/phone/wechat/api.ts';
import { wechatCallback } from '../../src/phone/wechat/callback.ts';
import { wechatCredential } from '../../src/phone/wechat/credential.ts';
import { wechatScenes } from '../../src/phone/wechat/scene.ts';
import type { WechatScenes } from '../../src/phone/wechat/scene.ts';
import { boxOf } from '../../src/secrets/box.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import type { FileStore } from '../../src/store/file/open.ts';
import { systemTime } from '../../src/time/system-time.ts';
import type { Time } from '../../src/time/time.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startWechat } from '../support/wechat.ts';
import type { Wechat } from '../support/wechat.ts';

const NODES = 4;

let wechat: Wechat;
let folder: TemporaryFolder;
let store: FileStore;
let clock: number;
let nodes: WechatScenes[];

beforeEach(async () => {
  wechat = await startWechat();
  folder = await temporaryFolder();
  clock = Date.now();
  store = await openFileStore({
    folder: folder.path,
    settings: { historyMs: 1000, lifeMaxMs: 1000, callTimeoutMs: 5000 },
    time,
    newId: randomUUID,
  });
  nodes = nodesOf('stable_token');
});

afterEach(async () => {
  await store.store.close();
  await folder.remove();
  await wechat.close();
});

const now = (): number => clock;
const time: Time = { ...systemTime, now, wallNow: now };
const ring = new KeyRing([randomBytes(32).toString('base64url')]);

function api(timeoutMs = 5000): CallWechat {
  const bounds = {
    timeoutMs,
    tries: 2,
    pauseMs: 5,
    failuresMax: 100,
    openMs: 500,
    time,
    random: () => 0,
  };
  return wechatApi(outwardTo(), wechat.address, breaker(bounds), () => undefined);
}

function nodesOf(
  kind: 'stable_token' | 'token',
  secret = 'account-secret',
  timeoutMs = 5000,
): WechatScenes[] {
  return Array.from({ length: NODES }, () => {
    const call = api(timeoutMs);
    const { ledger } = store;
    const box = boxOf(ring, 'wechat');
    const account = { appId: 'wxaccount', secret };
    const credential = wechatCredential({ ...account, call, ledger, box, kind, time, makeId: randomUUID });
    const callback = wechatCallback({
      ledger,
      token: 't',
      cipher: undefined,
      makeId: randomUUID,
      now,
      note: () => undefined,
    });
    return wechatScenes({ call, credential, callback });
  });
}

function pass(ms: number): void {
  clock += ms;
  wechat.pass(ms);
}

/** Forty sign-ins at once over all nodes; how many failed. */
async function load(): Promise<number> {
  const made = await Promise.allSettled(
    Array.from({ length: 40 }, async (_, index) => nodes[index % NODES]?.create(`scene-${index}`, 60_000)),
  );
  return made.filter(({ status }) => status === 'rejected').length;
}

const fetched = (): number => wechat.state.asked.filter((path) => /stable_token|\/token$/.test(path)).length;

describe.each(['stable_token', 'token'] as const)('four nodes with %s', (kind) => {
  beforeEach(() => {
    nodes = nodesOf(kind);
    wechat.state.delayMs = 20;
  });

  test('fetch one token for all', async () => {
    expect(await load()).toBe(0);
    expect(await load()).toBe(0);
    expect(fetched()).toBe(1);
  });

  test('renew it once, ahead of its end, while everyone goes on', async () => {
    await load();
    pass(7_200_000 - 250_000);
    expect(await load()).toBe(0);
    expect([fetched(), wechat.state.fresh]).toEqual([2, 2]);
    expect(await load()).toBe(0);
    expect(fetched()).toBe(2);
  });

  test('that find it expired under load refresh once, and no sign-in fails', async () => {
    await load();
    pass(7_200_001);
    expect(await load()).toBe(0);
    expect(fetched()).toBe(2);
  });

  test('that find it spoiled by a stranger refresh once, and no sign-in fails', async () => {
    await load();
    wechat.spoilToken();
    expect(await load()).toBe(0);
    expect(wechat.state.fresh).toBe(2);
    expect(wechat.state.forced).toBe(kind === 'stable_token' ? 1 : 0);
  });
});

describe('limits', () => {
  test('a forced refresh comes once in 30 s; until then it is said to be away', async () => {
    await load();
    wechat.spoilToken();
    expect(await load()).toBe(0);
    wechat.spoilToken();
    pass(10_000);
    expect(await load()).toBe(40);
    expect(wechat.state.forced).toBe(1);
    pass(20_001);
    expect(await load()).toBe(0);
    expect(wechat.state.forced).toBe(2);
  });

  test('a forced refresh comes twenty times a day', async () => {
    for (let round = 0; round < 23; round += 1) {
      await nodes[0]?.create('s', 1000).catch(() => undefined);
      wechat.spoilToken();
      pass(31_000);
    }
    await load();
    expect(wechat.state.forced).toBe(20);
  });

  test.each([
    [45009, 600_000],
    [45011, 60_000],
  ])('after %i nobody asks for a token again for a while', async (code, ms) => {
    wechat.state.refuse = code;
    expect(await load()).toBe(40);
    const before = fetched();
    expect(before).toBeLessThan(5);
    expect(await load()).toBe(40);
    expect(fetched()).toBe(before);
    wechat.state.refuse = undefined;
    pass(ms + 1);
    expect(await load()).toBe(0);
  });

  test('a quota that is used up while the token is good does not stop it', async () => {
    await load();
    pass(7_200_000 - 500_000);
    wechat.state.refuse = 45009;
    await load();
    wechat.state.refuse = undefined;
    expect(await load()).toBe(0);
  });
});

test('WeChat away is said to be, and the secrets stand in no error', async () => {
  wechat.state.away = true;
  const error: unknown = await nodesOf('token', 'account-secret', 100)[0]
    ?.create('s', 1000)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PhoneSourceAway);
  wechat.state.away = false;
  pass(1001);
  const refusal: unknown = await nodesOf('token', 'wrong-secret')[0]
    ?.create('s', 1000)
    .catch((thrown: unknown) => thrown);
  expect(refusal).toBeInstanceOf(PhoneSourceAway);
  for (const thrown of [error, refusal] as Error[])
    expect(`${thrown.message} ${thrown.stack}`).not.toMatch(/secret|127\.0\.0\.1|access_token/);
});

test('the ledger holds no token that can be read', async () => {
  await load();
  const { createHash } = await import('node:crypto');
  const digest = createHash('sha256').update('wxaccount').digest('base64url').slice(0, 22);
  const kept = await store.ledger.get(`wechat-token:${digest}`);
  expect(kept).not.toBeNull();
  expect(boxOf(ring, 'wechat').open(kept ?? '')).toContain('"token"');
  expect(boxOf(ring, 'other').open(kept ?? '')).toBeUndefined();
  expect(Buffer.from(kept?.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain('token');
});
