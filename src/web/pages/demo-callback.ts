/* The demo client's page: redeems the code and shows who signed in. */
import { browserPlatform } from '../client/browser-platform.ts';
import { takeVerifier } from '../client/follow.ts';
import { parseJson } from '../client/notice.ts';
import { claimRow } from './demo/claim-row.ts';
import { gateway, prepareCommand, problemCode, type Command, type Send } from './command.ts';
import {
  checkSignature,
  decodeToken,
  isFor,
  type DecodedToken,
  type SignatureCheck,
} from './demo/id-token.ts';
import { formOf, queryOf } from './demo/query.ts';
import { sectionsOf } from './section.ts';

const ANSWER_MS = 10000;

function startCallback(root: HTMLElement): void {
  const platform = browserPlatform();
  const sections = sectionsOf(root);
  const clientId = root.getAttribute('data-client-id') ?? '';
  const issuer = root.getAttribute('data-issuer') ?? '';

  function fail(code: string, retry: boolean): void {
    sections.toggle('retry', retry);
    sections.problem(code);
  }

  function start(): void {
    const { code, state = '', iss } = queryOf(location.search);
    if (typeof history.replaceState === 'function') history.replaceState(null, '', location.pathname);
    const verifier = code ? takeVerifier(state) : undefined;
    if (!code) fail('no_code', false);
    else if (iss !== undefined && issuer !== '' && iss !== issuer) fail('wrong_issuer', false);
    else if (verifier === undefined) fail('no_verifier', false);
    else redeem(prepareCommand(platform, tokenCommand(root, code, verifier)));
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

  function verify(idToken: string): void {
    const token = decodeToken(idToken);
    if (!token) {
      fail('bad_token', false);
      return;
    }
    const headers = { Accept: 'application/json' };
    platform.request(
      { method: 'GET', url: gateway + '/oauth/jwks', headers, timeoutMs: ANSWER_MS },
      (response) => {
        const jwks = response.status === 200 ? parseJson(response.body) : undefined;
        checkSignature(token, jwks as Parameters<typeof checkSignature>[1], (check) =>
          showToken(token, check),
        );
      },
    );
  }

  function showToken({ claims }: DecodedToken, check: SignatureCheck): void {
    const { sub, name } = claims;
    if (check === 'bad' || !isFor(claims, clientId, issuer) || typeof sub !== 'string') {
      fail('bad_token', false);
      return;
    }
    sections.fill('subject', typeof name === 'string' ? name : sub);
    sections.toggle('checked', check === 'good');
    sections.toggle('decoded', check === 'unable');
    const table = sections.part('claims');
    if (table) Object.keys(claims).forEach((claim) => table.appendChild(claimRow(claim, claims[claim])));
    sections.view('done');
  }

  start();
}

/** The token request for a code (RFC 6749 §4.1.3, RFC 7636 §4.5). */
function tokenCommand(root: HTMLElement, code: string, verifier: string): Command {
  const body = formOf({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: root.getAttribute('data-client-id') ?? '',
    redirect_uri: root.getAttribute('data-redirect-uri') ?? '',
  });
  return { url: '/oauth/token', contentType: 'application/x-www-form-urlencoded', body };
}

const callback = document.getElementById('callback');
if (callback) startCallback(callback);
