import type { Complete } from '../ticket/complete.ts';
import { ACCEPT_POLICIES } from '../ticket/events.ts';
import type { Binding, Device, Grant, Lives, MintedData } from '../ticket/events.ts';

/**
 * A row without names: which member stands in each place, and how it is written. Where a member of `T` has no place,
 * there is no such row, and the error names the member.
 */
type RowOf<T, Places extends readonly (readonly [member: keyof T, written: unknown])[]> = [
  Exclude<keyof T, Places[number][0]>,
] extends [never]
  ? { readonly [P in keyof Places]: Places[P][1] }
  : { readonly forgotten: Exclude<keyof T, Places[number][0]> };

/**
 * What a ticket was minted with, as the log and the heads write it: without names, because every live ticket has it
 * twice in Redis' memory. 0 stands for a text that is not there. Part of the data's format: a later release appends to
 * a row and never moves a place.
 */
type MintedRow = RowOf<MintedData, [...UsualPlaces, [Rare, RareRow]]>;

/** The same without its last place, where nothing stands in it. */
type UsualRow = RowOf<Omit<MintedData, Rare>, UsualPlaces>;

type UsualPlaces = [
  ['client_id', string],
  ['grant', (typeof GRANT_CODES)[Grant]],
  ['binding', (typeof BINDING_CODES)[Binding]],
  ['key_id', string],
  ['redirect_uri', string | 0],
  ['state', string | 0],
  ['scope', string],
  ['nonce', string | 0],
  ['code_challenge', string | 0],
  ['browser', DeviceRow],
  ['lives', LivesRow],
  [Flag | 'accept', number],
];

/** What few tickets have, with names, in one place that the others do without. */
type Rare =
  | 'form_post'
  | 'claims'
  | 'resource'
  | 'dpop_jkt'
  | 'max_age'
  | 'expected_sub'
  | 'requested_at'
  | 'known_browser'
  | 'result_key'
  | 'request_key'
  | 'number_shown';
type RareRow = Pick<MintedData, Rare>;
const RARE_PLACE = 12;

/** `place` is left out where it is unknown. */
type DeviceRow =
  | RowOf<Omit<Device, 'place'>, [['ip', string], ['agent', string]]>
  | RowOf<Device, [['ip', string], ['agent', string], ['place', string]]>;

type LivesRow = RowOf<
  Lives,
  [
    ['ticket_ms', number],
    ['decision_ms', number],
    ['max_ms', number],
    ['code_ms', number],
    ['qr_period_ms', number],
  ]
>;

/** The numbers under which a row writes them. A name's number is its place here. */
const GRANT_CODES = { authorization_code: 0, device_code: 1 } as const satisfies Record<Grant, number>;
const BINDING_CODES = { cookie: 0, bearer: 1 } as const satisfies Record<Binding, number>;
const GRANT_NAMES = Object.keys(GRANT_CODES) as readonly Grant[];
const BINDING_NAMES = Object.keys(BINDING_CODES) as readonly Binding[];

/** The bits of the place that all flags share; above them stands the policy's place among {@link ACCEPT_POLICIES}. */
const FLAGS = { shows_scanner: 1, number_match: 2 } as const satisfies Partial<
  Record<keyof MintedData, number>
>;
type Flag = keyof typeof FLAGS;
const FLAG_NAMES = Object.keys(FLAGS) as readonly Flag[];
const ACCEPT_UNIT = 4;

export function mintedRow(data: MintedData): MintedRow | UsualRow {
  const { browser, lives } = data;
  const row: MintedRow = [
    data.client_id,
    GRANT_CODES[data.grant],
    BINDING_CODES[data.binding],
    data.key_id,
    data.redirect_uri ?? 0,
    data.state ?? 0,
    data.scope.join(' '),
    data.nonce ?? 0,
    data.code_challenge ?? 0,
    browser.place === undefined ? [browser.ip, browser.agent] : [browser.ip, browser.agent, browser.place],
    [lives.ticket_ms, lives.decision_ms, lives.max_ms, lives.code_ms, lives.qr_period_ms],
    flagsOf(data),
    rareRow(data),
  ];
  const { length } = Object.keys(row[RARE_PLACE]);
  return length === 0 ? (row.slice(0, RARE_PLACE) as unknown as UsualRow) : row;
}

function rareRow({
  form_post,
  claims,
  resource,
  dpop_jkt,
  max_age,
  expected_sub,
  requested_at,
  known_browser,
  result_key,
  request_key,
  number_shown,
}: RareRow): RareRow {
  const rare = {
    ...(form_post === undefined ? {} : { form_post }),
    ...(claims === undefined ? {} : { claims }),
    ...(resource === undefined ? {} : { resource }),
    ...(dpop_jkt === undefined ? {} : { dpop_jkt }),
    ...(max_age === undefined ? {} : { max_age }),
    ...(expected_sub === undefined ? {} : { expected_sub }),
    ...(requested_at === undefined ? {} : { requested_at }),
    ...(known_browser === undefined ? {} : { known_browser }),
    ...(result_key === undefined ? {} : { result_key }),
    ...(request_key === undefined ? {} : { request_key }),
    ...(number_shown === undefined ? {} : { number_shown }),
  };
  return rare satisfies Complete<RareRow, typeof rare>;
}

function flagsOf(data: Pick<MintedData, Flag | 'accept'>): number {
  let flags = ACCEPT_POLICIES.indexOf(data.accept ?? 'never') * ACCEPT_UNIT;
  for (const name of FLAG_NAMES) if (data[name]) flags += FLAGS[name];
  return flags;
}

/** Reads what {@link mintedRow} wrote. */
export function mintedOfRow(row: unknown): MintedData {
  const [
    clientId,
    grant,
    binding,
    keyId,
    redirectUri,
    state,
    scope,
    nonce,
    challenge,
    browser,
    lives,
    flags,
    rare,
  ] = row as MintedRow;
  const accept = ACCEPT_POLICIES[Math.floor(flags / ACCEPT_UNIT)] ?? 'never';
  const data = {
    client_id: clientId,
    grant: GRANT_NAMES[grant] ?? 'authorization_code',
    binding: BINDING_NAMES[binding] ?? 'cookie',
    key_id: keyId,
    ...(redirectUri === 0 ? {} : { redirect_uri: redirectUri }),
    ...(state === 0 ? {} : { state }),
    scope: scope === '' ? [] : scope.split(' '),
    ...(nonce === 0 ? {} : { nonce }),
    ...(challenge === 0 ? {} : { code_challenge: challenge }),
    // A row without this place spreads nothing.
    ...rare,
    browser: deviceOfRow(browser),
    lives: livesOfRow(lives),
    shows_scanner: (flags & FLAGS.shows_scanner) !== 0,
    number_match: (flags & FLAGS.number_match) !== 0,
    ...(accept === 'never' ? {} : { accept }),
  };
  return data satisfies Complete<MintedData, typeof data>;
}

function deviceOfRow([ip, agent, place]: DeviceRow): Device {
  const device = { ip, agent, ...(place === undefined ? {} : { place }) };
  return device satisfies Complete<Device, typeof device>;
}

function livesOfRow([ticket, decision, max, code, period]: LivesRow): Lives {
  const lives = {
    ticket_ms: ticket,
    decision_ms: decision,
    max_ms: max,
    code_ms: code,
    qr_period_ms: period,
  };
  return lives satisfies Complete<Lives, typeof lives>;
}
