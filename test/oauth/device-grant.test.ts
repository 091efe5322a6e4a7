import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { DeviceAuthorization } from '../../src/oauth/authorization/device-authorization.ts';
import type { OAuthServer } from '../../src/oauth/server.ts';
import type { TokenAnswer } from '../../src/oauth/tokens/tokens.ts';
import { ScangateError } from '../../src/ticket/error.ts';
import { alice, errorOf, makeWorld, redeeming } from './world.ts';
import type { World } from './world.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const television = { ip: '192.0.2.7', agent: 'television' };

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});

afterAll(async () => {
  await world.close();
});

function begin(form: Readonly<Record<string, string>> = {}): Promise<DeviceAuthorization> {
  const proof = {
    form: { client_id: 'demo', scope: 'openid offline_access', ...form },
    authorization: undefined,
  };
  return world.server.deviceAuthorization(proof, television);
}

function poll(
  device: Pick<DeviceAuthorization, 'device_code'>,
  form: Readonly<Record<string, string>> = {},
  node: OAuthServer = world.server,
): Promise<TokenAnswer> {
  return node.token({
    form: { grant_type: DEVICE_GRANT, client_id: 'demo', device_code: device.device_code, ...form },
    authorization: undefined,
    idempotencyKey: undefined,
  });
}

describe('the device flow', () => {
  test('answers with all that a device must show, and is approved', async () => {
    const device = await begin();
    expect(device).toMatchObject({
      interval: 5,
      expires_in: 600,
      verification_uri: 'http://localhost:8080/device',
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
    });
    const scanCode = new URL(device.verification_uri_complete).pathname.slice('/s/'.length);
    expect(world.secrets.checkScanCode(scanCode)?.ticketId).toBe(device.ticket_id);
    expect(await errorOf(poll(device))).toBe('authorization_pending');
    await world.approve(device.ticket_id);
    const answer = await poll(device);
    expect(answer).toMatchObject({ scope: 'openid offline_access' });
    expect(await errorOf(poll(device))).toBe('invalid_grant');
    world.pass(60_000);
    expect(await errorOf(poll(device))).toBe('invalid_grant');
    const refreshed = { grant_type: 'refresh_token', client_id: 'demo', refresh_token: answer.refresh_token };
    const request = { form: refreshed, authorization: undefined, idempotencyKey: undefined };
    expect(await errorOf(world.server.token(request))).toBe('none');
  });

  test('is for the resource that was asked for, of those registered, and says which scopes it gives', async () => {
    const api = 'https://api.example';
    const grants = [DEVICE_GRANT, 'refresh_token'];
    world.register({ client_id: 'tv', grant_types: grants, scope: 'openid', scangate: { resources: [api] } });
    const form = { client_id: 'tv', resource: api, scope: 'openid admin' };
    const device = await begin(form);
    await world.approve(device.ticket_id);
    const other = { client_id: 'tv', resource: 'https://other.example' };
    expect(await errorOf(poll(device, other))).toBe('invalid_target');
    const answer = await poll(device, { client_id: 'tv', resource: api });
    expect(decodeJwt(answer.access_token).aud).toEqual([api, 'http://localhost:8080']);
    expect(answer.scope).toBe('openid');
    expect(await errorOf(begin({ ...form, resource: 'https://other.example' }))).toBe('invalid_target');
  });

  test('polled at exactly the interval 45 times is never told to slow down', async () => {
    const device = await begin();
    const nodes = [world.server, world.node()];
    for (let count = 0; count < 45; count += 1) {
      expect(await errorOf(poll(device, {}, nodes[count % 2]))).toBe('authorization_pending');
      world.pass(count % 2 === 0 ? 5000 : 4600);
    }
    await world.approve(device.ticket_id);
    expect(await errorOf(poll(device))).toBe('none');
  });

  test('polled too fast is told so, remembered, and recovers when the device obeys', async () => {
    const device = await begin();
    expect(await errorOf(poll(device))).toBe('authorization_pending');
    world.pass(1000);
    expect(await errorOf(poll(device))).toBe('slow_down');
    world.pass(5000);
    expect(await errorOf(poll(device, {}, world.node()))).toBe('slow_down');
    for (let count = 0; count < 5; count += 1) {
      world.pass(15_000);
      expect(await errorOf(poll(device))).toBe('authorization_pending');
    }
  });

  test('hammered, still answers pending now and then, and an approval is never delayed', async () => {
    const device = await begin();
    const answers: string[] = [];
    for (let count = 0; count < 150; count += 1) {
      answers.push(await errorOf(poll(device)));
      world.pass(1000);
    }
    expect(new Set(answers)).toEqual(new Set(['authorization_pending', 'slow_down']));
    expect(answers.lastIndexOf('authorization_pending')).toBeGreaterThan(20);
    await world.approve(device.ticket_id);
    expect(await errorOf(poll(device))).toBe('none');
  });

  test('tells of denial and expiry, before anything else', async () => {
    const [denied, late] = await Promise.all([begin(), begin()]);
    await world.tickets.run(denied.ticket_id, { type: 'scan', user: alice, phone: television }, () => {});
    expect(await errorOf(poll(denied))).toBe('authorization_pending');
    await world.tickets.run(denied.ticket_id, { type: 'deny', user: alice, report: false }, () => {});
    expect(await errorOf(poll(denied))).toBe('access_denied');
    expect(await errorOf(poll(late))).toBe('authorization_pending');
    world.pass(600_000);
    expect(await errorOf(poll(late))).toBe('expired_token');
    expect(await errorOf(poll(late))).toBe('expired_token');
  });

  test('is approved once among fifty polls at a time', async () => {
    const device = await begin();
    await world.approve(device.ticket_id);
    const answers = await Promise.all(Array.from({ length: 50 }, () => errorOf(poll(device))));
    expect(answers.filter((error) => error === 'none')).toHaveLength(1);
  });

  test('is for clients that are registered for it', async () => {
    world.register({ client_id: 'web', redirect_uris: ['http://localhost/cb'] });
    expect(await errorOf(begin({ client_id: 'web' }))).toBe('unauthorized_client');
    expect(await errorOf(poll(await begin(), { client_id: 'web' }))).toBe('unauthorized_client');
  });
});

describe('attack: a device code', () => {
  test('of another client, forged, or a browser secret of the code flow opens nothing', async () => {
    world.register({ client_id: 'tv', grant_types: [DEVICE_GRANT] });
    const device = await begin();
    await world.approve(device.ticket_id);
    expect(await errorOf(poll(device, { client_id: 'tv' }))).toBe('invalid_grant');
    expect(await errorOf(poll({ device_code: `${device.device_code.slice(0, -1)}.` }))).toBe('invalid_grant');
    const code = await world.code();
    const [ticketId = ''] = code.split('.');
    const secret = world.secrets.browserSecret(ticketId, world.keyIds[0] ?? '', 'bearer');
    expect(await errorOf(poll({ device_code: secret }))).toBe('invalid_grant');
    expect(await errorOf(world.server.token(redeeming(code)))).toBe('none');
    expect(await errorOf(poll(device))).toBe('none');
  });
});

describe('a user code', () => {
  const by = { user: alice, address: '192.0.2.1' };

  test('finds its ticket however it is typed, until the ticket is over', async () => {
    const device = await begin();
    const { user_code: code, ticket_id: ticketId } = device;
    for (const typed of [code, code.toLowerCase(), code.replace('-', ''), ` ${code.replace('-', ' - ')} `])
      expect(await world.server.userCodes.find(typed, by)).toBe(ticketId);
    expect(world.server.userCodes.shown(ticketId, world.keyIds[0] ?? '')).toBe(code);
    world.pass(600_000);
    expect(await world.server.userCodes.find(code, by)).toBeUndefined();
  });

  test('counts in full-width letters, and what is no code is no guess', async () => {
    const { user_code: code, ticket_id: ticketId } = await begin();
    const typist = { user: { ...alice, subject: 'typist' }, address: undefined };
    for (const typed of ['', 'BBBB', 'BBBB-BBBB-B', '7', '\u200B', '９９'])
      for (let count = 0; count < 3; count += 1)
        expect(await world.server.userCodes.find(typed, typist)).toBeUndefined();
    const wide = code
      .split('')
      .map((char) => String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0))
      .join('');
    for (const typed of [wide, wide.toLowerCase(), `\u200F${wide}\u3000`])
      expect(await world.server.userCodes.find(typed, typist)).toBe(ticketId);
  });

  test('is not in the ledger as it is', async () => {
    const { user_code: code } = await begin();
    const bare = code.replace('-', '');
    expect(await world.ledger.get(`user-code:${bare}`)).toBeNull();
    expect(await world.ledger.get(`user-code:${world.secrets.userCodeNames(bare)[0]}`)).not.toBeNull();
  });

  test('guessed ten times shuts the user out, then the right one too, until the window ends', async () => {
    const guesser = { user: { ...alice, subject: 'guesser' }, address: undefined };
    const { user_code: code } = await begin();
    for (let count = 0; count < 10; count += 1)
      expect(await world.server.userCodes.find('BBBB-BBBB', guesser)).toBeUndefined();
    await expect(world.server.userCodes.find(code, guesser)).rejects.toBeInstanceOf(ScangateError);
    await expect(world.node().userCodes.find(code, guesser)).rejects.toMatchObject({
      code: 'too_many_requests',
    });
    expect(await world.server.userCodes.find(code, by)).toBeDefined();
    world.pass(600_001);
    expect(await world.server.userCodes.find((await begin()).user_code, guesser)).toBeDefined();
  });

  test('guessed by many users from one address shuts out none of its other users', async () => {
    for (let count = 0; count < 10; count += 1) {
      const user = { ...alice, subject: `u${count}` };
      await world.server.userCodes.find('BBBB-BBBC', { user, address: '198.51.100.9' });
    }
    const fresh = { user: { ...alice, subject: 'fresh' }, address: '198.51.100.9' };
    expect(await world.server.userCodes.find((await begin()).user_code, fresh)).toBeDefined();
  });
});
