import type { OpenedData, SessionEvent, SessionEventType } from '../../src/session/events.ts';
import type { Session } from '../../src/session/session.ts';
import type {
  Device,
  Lives,
  MintedData,
  TicketEvent,
  TicketEventType,
  User,
} from '../../src/ticket/events.ts';
import type { Risk } from '../../src/ticket/risk.ts';
import type { Ticket } from '../../src/ticket/ticket.ts';

/** One event of each type, with every member that it may have. A type or a member that is missing here does not compile. */

const USER: Required<User> = {
  source: 'demo',
  issuer: 'demo',
  subject: 'ada',
  name: 'Ada "L" 李\u2028',
  picture: 'https://example.com/ada.png',
  claims: { email: 'ada@example.com', email_verified: false },
};
const BROWSER: Required<Device> = { ip: '192.0.2.1', agent: 'Firefox', place: 'Kyjiw' };
const PHONE: Required<Device> = { ip: '192.0.2.7', agent: 'a phone', place: 'Lwiw' };
const RISK: Required<Risk> = { outcome: 'match', reasons: ['other_country', 'new_browser'] };
const LIVES: Required<Lives> = {
  ticket_ms: 120_000,
  decision_ms: 90_000,
  max_ms: 180_000,
  code_ms: 60_000,
  qr_period_ms: 30_000,
};

export const EVERY_MINTED: Required<MintedData> = {
  client_id: 'demo',
  grant: 'device_code',
  binding: 'bearer',
  key_id: 'k1',
  redirect_uri: 'https://client.example/callback',
  state: 'a state',
  scope: ['openid', 'profile'],
  nonce: 'a nonce',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  form_post: 'id_token',
  resource: 'https://api.example',
  dpop_jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  result_key: {
    x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
    y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
  },
  claims: { id_token: ['email'], userinfo: [] },
  max_age: 300,
  expected_sub: 'alice',
  requested_at: 1_700_000_000_000,
  browser: BROWSER,
  lives: LIVES,
  shows_scanner: true,
  number_match: true,
  number_shown: true,
  accept: 'new_browser',
  request_key: 'a-request',
  known_browser: { key: 'a-browser', users: ['a-user', 'another'] },
};

const EVERY_OPENED: Required<OpenedData> = {
  ticket_id: 'abcdefghijklmnopqrstuv',
  confirmed_id: '3-7',
  key_id: 'k1',
  client_id: 'demo',
  user: USER,
  scope: ['openid'],
  nonce: 'a nonce',
  claims: { id_token: ['email'], userinfo: [] },
  resource: 'https://api.example',
  dpop_jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  auth_time: 1_700_000_000,
  browser: BROWSER,
  life_ms: 86_400_000,
};

type Every<Event extends { readonly type: string; readonly data: unknown }> = {
  readonly [T in Event['type']]: Extract<Event, { readonly type: T }> & {
    readonly data: Required<Extract<Event, { readonly type: T }>['data']>;
  };
};

export const TICKET_EVENTS: Every<TicketEvent> = {
  minted: { type: 'minted', data: EVERY_MINTED },
  scanned: { type: 'scanned', data: { user: USER, phone: PHONE, same_device: true, risk: RISK } },
  contested: { type: 'contested', data: { risk: RISK } },
  confirmed: { type: 'confirmed', data: { asks: true, auth_time: 1_700_000_000 } },
  accepted: { type: 'accepted', data: {} },
  denied: { type: 'denied', data: { report: true, reason: 'number' } },
  cancelled: { type: 'cancelled', data: {} },
  expired: { type: 'expired', data: {} },
  redeemed: { type: 'redeemed', data: { replay: 'mac' } },
};

export const SESSION_EVENTS: Every<SessionEvent> = {
  opened: { type: 'opened', data: EVERY_OPENED },
  refreshed: { type: 'refreshed', data: { key_id: 'k2', from: '9-9', dpop_jkt: 'a'.repeat(43) } },
  revoked: { type: 'revoked', data: { reason: 'user' } },
  expired: { type: 'expired', data: {} },
};

/** What must happen to a ticket for each of its members to be there. */
export const TICKET_MEMBERS: { readonly [M in keyof Required<Ticket>]: readonly TicketEventType[] } = {
  status: ['minted'],
  minted: ['minted'],
  scanned: ['minted', 'scanned'],
  contested: ['minted', 'scanned', 'contested'],
  confirmed: ['minted', 'scanned', 'confirmed'],
  accepted: ['minted', 'scanned', 'confirmed', 'accepted'],
  denied: ['minted', 'scanned', 'denied'],
  redeemed: ['minted', 'scanned', 'confirmed', 'redeemed'],
};

/** What must happen to a session for each of its members to be there. */
export const SESSION_MEMBERS: { readonly [M in keyof Required<Session>]: readonly SessionEventType[] } = {
  status: ['opened'],
  opened: ['opened'],
  revoked: ['opened', 'revoked'],
  generation: ['opened'],
  key_id: ['opened'],
  dpop_jkt: ['opened'],
  before: ['opened', 'refreshed'],
  lost: ['opened', 'refreshed'],
};
