import type { Binding, Grant, Lives, MintedData } from '../ticket/events.ts';

/**
 * What a ticket was minted with, as the log and the heads write it: a row without names, because every live ticket has
 * it twice in Redis' memory. Part of the data's format: a later release appends to the row and never moves a place.
 */
type MintedRow = readonly [
  clientId: string,
  grant: 0 | 1,
  binding: 0 | 1,
  keyId: string,
  redirectUri: string | 0,
  state: string | 0,
  scope: string,
  nonce: string | 0,
  codeChallenge: string | 0,
  browser: readonly [ip: string, agent: string, place?: string],
  lives: readonly [ticketMs: number, decisionMs: number, maxMs: number, codeMs: number, qrPeriodMs: number],
  /** 1: shows the scanner, 2: number matching. */
  flags: number,
];

const GRANTS: readonly Grant[] = ['authorization_code', 'device_code'];
const BINDINGS: readonly Binding[] = ['cookie', 'bearer'];

export function mintedRow(data: MintedData): MintedRow {
  const { browser, lives } = data;
  return [
    data.client_id,
    data.grant === 'device_code' ? 1 : 0,
    data.binding === 'bearer' ? 1 : 0,
    data.key_id,
    data.redirect_uri ?? 0,
    data.state ?? 0,
    data.scope.join(' '),
    data.nonce ?? 0,
    data.code_challenge ?? 0,
    browser.place === undefined ? [browser.ip, browser.agent] : [browser.ip, browser.agent, browser.place],
    [lives.ticket_ms, lives.decision_ms, lives.max_ms, lives.code_ms, lives.qr_period_ms],
    (data.shows_scanner ? 1 : 0) + (data.number_match ? 2 : 0),
  ];
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
  ] = row as MintedRow;
  const [ip, agent, place] = browser;
  return {
    client_id: clientId,
    grant: GRANTS[grant] ?? 'authorization_code',
    binding: BINDINGS[binding] ?? 'cookie',
    key_id: keyId,
    ...(redirectUri === 0 ? {} : { redirect_uri: redirectUri }),
    ...(state === 0 ? {} : { state }),
    scope: scope === '' ? [] : scope.split(' '),
    ...(nonce === 0 ? {} : { nonce }),
    ...(challenge === 0 ? {} : { code_challenge: challenge }),
    browser: { ip, agent, ...(place === undefined ? {} : { place }) },
    lives: livesOfRow(lives),
    shows_scanner: (flags & 1) !== 0,
    number_match: (flags & 2) !== 0,
  };
}

function livesOfRow([ticket, decision, max, code, period]: MintedRow[10]): Lives {
  return { ticket_ms: ticket, decision_ms: decision, max_ms: max, code_ms: code, qr_period_ms: period };
}
