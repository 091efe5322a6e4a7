/* The demo client's page: redeems the code and shows who signed in. */
import { browserPlatform } from '../client/browser-platform.ts';
import { takeVerifier } from '../client/follow.ts';
import { parseJson } from '../client/notice.ts';
import { prepareCommand, problemCode, type Send } from './command.ts';
import { checkSignature, decodeToken, type DecodedToken, type SignatureCheck } from './id-token.ts';
import { sectionsOf } from './section.ts';

const ANSWER_MS = 10000;
const TIMES = ['iat', 'exp', 'auth_time', 'nbf'];

function queryOf(search: string): Record<string, string> {
  const query: Record<string, string> = {};
  search
    .replace(/^\?/, '')
    .split('&')
    .forEach((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) query[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1).replace(/\+/g, ' '));
    });
  return query;
}

function formOf(fields: Readonly<Record<string, string>>): string {
  return Object.keys(fields)
    .map((name) => name + '=' + encodeURIComponent(fields[name] ?? ''))
    .join('&');
}

function claimText(name: string, value: unknown): string {
  if (TIMES.indexOf(name) >= 0 && typeof value === 'number') return new Date(value * 1000).toLocaleString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function startCallback(root: HTMLElement): void {
  const platform = browserPlatform();
  const sections = sectionsOf(root);
  const clientId = root.getAttribute('data-client-id') ?? '';
  const issuer = root.getAttribute('data-issuer') ?? '';
  const query = queryOf(location.search);

  function fail(code: string, retry: boolean): void {
    sections.toggle('retry', retry);
    sections.problem(code);
  }

  function addRow(body: HTMLElement, name: string, value: string): void {
    const row = document.createElement('tr');
    const head = document.createElement('th');
    const cell = document.createElement('td');
    head.scope = 'row';
    head.textContent = name;
    cell.textContent = value;
    row.appendChild(head);
    row.appendChild(cell);
    body.appendChild(row);
  }

  function showToken(token: DecodedToken, check: SignatureCheck): void {
    const { claims } = token;
    const audience = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']];
    const mine = audience.indexOf(clientId) >= 0 && (issuer === '' || claims['iss'] === issuer);
    if (check === 'bad' || !mine || typeof claims['sub'] !== 'string') {
      fail('bad_token', false);
      return;
    }
    sections.fill('subject', typeof claims['name'] === 'string' ? claims['name'] : claims['sub']);
    sections.toggle('checked', check === 'good');
    sections.toggle('decoded', check === 'unable');
    const table = sections.part('claims');
    if (table) Object.keys(claims).forEach((name) => addRow(table, name, claimText(name, claims[name])));
    sections.view('done');
  }

  function verify(idToken: string): void {
    const token = decodeToken(idToken);
    if (!token) {
      fail('bad_token', false);
      return;
    }
    const headers = { Accept: 'application/json' };
    platform.request({ method: 'GET', url: '/oauth/jwks', headers, timeoutMs: ANSWER_MS }, (response) => {
      const jwks = response.status === 200 ? parseJson(response.body) : undefined;
      checkSignature(token, jwks as Parameters<typeof checkSignature>[1], (check) => showToken(token, check));
    });
  }

  function redeem(send: Send): void {
    sections.view('working');
    send((response) => {
      const tokens = parseJson(response.body) as { id_token?: unknown } | undefined;
      if (response.status === 200 && typeof tokens?.id_token === 'string') verify(tokens.id_token);
      else fail(problemCode(response), response.status === 0 || response.status >= 429);
    });
    const retry = root.querySelector<HTMLElement>('[data-do="retry"]');
    if (retry) retry.onclick = () => redeem(send);
  }

  const { code, state = '', iss } = query;
  if (typeof history.replaceState === 'function') history.replaceState(null, '', location.pathname);
  const verifier = code ? takeVerifier(state) : undefined;
  if (!code) fail('no_code', false);
  else if (iss !== undefined && issuer !== '' && iss !== issuer) fail('wrong_issuer', false);
  else if (verifier === undefined) fail('no_verifier', false);
  else {
    const body = formOf({
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      client_id: clientId,
      redirect_uri: root.getAttribute('data-redirect-uri') ?? '',
    });
    const contentType = 'application/x-www-form-urlencoded';
    redeem(prepareCommand(platform, { url: '/oauth/token', contentType, body }));
  }
}

const callback = document.getElementById('callback');
if (callback) startCallback(callback);
