import { createHash, randomBytes } from 'node:crypto';
import { NotSo, Skipped, must, mustBe } from './verdict.ts';
import { exchange } from './exchange.ts';
import type { Asked, Exchange } from './exchange.ts';
import type { Notice, State } from './notice.ts';
import type { Links, Scanned, Ticket } from './ticket.ts';

/** A client of the gateway that the suite may act for. */
export interface ActedClient {
  readonly id: string;
  readonly redirectUri: string | undefined;
  readonly secret: string | undefined;
}

/** What a suite runs against. */
export interface Target {
  /** Without a trailing slash. */
  readonly url: string;
  readonly client: ActedClient;
  /** A phone credential, and another user's where there is one. */
  readonly bearer: string;
  readonly otherBearer: string | undefined;
  /** Whether checks may wait for a minute and longer. */
  readonly slow: boolean;
}

const WAITS_MAX = 4;
/** The longest that an expired ticket is waited for without `--slow`. */
const PATIENCE_MS = 20_000;

/** Plays the browser, the phones and the client against one gateway. */
export class Bench {
  readonly target: Target;
  #expired: Promise<Ticket> | undefined;

  constructor(target: Target) {
    this.target = target;
  }

  /** Like `exchange`, but a 429 is waited out as it says: a stranger's gateway has limits. */
  async ask(path: string, asked: Asked = {}): Promise<Exchange> {
    for (let tries = 1; ; tries += 1) {
      const answer = await exchange(path.startsWith('/') ? this.target.url + path : path, asked);
      if (answer.status !== 429 || tries === WAITS_MAX) return answer;
      const waitS = Math.min(60, Number(answer.headers['retry-after'] ?? 1));
      await new Promise((resolve) => setTimeout(resolve, waitS * 1000));
    }
  }

  async mint(binding: 'cookie' | 'bearer' = 'bearer', headers?: Record<string, string>): Promise<Ticket> {
    const { client, url } = this.target;
    const verifier = randomBytes(32).toString('base64url');
    const sameOrigin = binding === 'cookie' ? { 'sec-fetch-site': 'same-origin' } : {};
    const answer = await this.ask('/v1/tickets', {
      headers: { ...sameOrigin, ...headers },
      json: {
        client_id: client.id,
        redirect_uri: client.redirectUri,
        binding,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      },
    });
    mustBe(`the answer to a mint (${answer.text.slice(0, 200)})`, answer.status, 201);
    const { links, browser_secret: bearer, ...notice } = answer.body;
    const setCookie = answer.headers['set-cookie']?.[0];
    const cookie = setCookie?.split(';')[0] ?? '';
    const value = binding === 'bearer' ? bearer : cookie.slice(cookie.indexOf('=') + 1);
    const secret = typeof value === 'string' ? value : '';
    must(secret, `no browser secret came by ${binding}`);
    const publicLinks = links as Links;
    return {
      id: String(notice['ticket_id']),
      notice: notice as unknown as Notice,
      publicLinks,
      links: reachable(publicLinks, url),
      binding,
      secret,
      setCookie,
      proof: binding === 'bearer' ? { authorization: `Bearer ${secret}` } : { cookie, ...sameOrigin },
      verifier,
    };
  }

  look(ticket: Ticket, headers = ticket.proof): Promise<Exchange> {
    return this.ask(ticket.links.self, { headers });
  }

  /** @throws NotSo unless it can be looked at. */
  async notice(ticket: Ticket): Promise<Notice> {
    const answer = await this.look(ticket);
    mustBe('the answer to a look', answer.status, 200);
    return answer.body as unknown as Notice;
  }

  cancel(ticket: Ticket): Promise<Exchange> {
    return this.ask(ticket.links.self, { method: 'DELETE', headers: ticket.proof });
  }

  scan(
    ticket: Pick<Ticket, 'notice'>,
    { bearer = this.target.bearer, key }: { readonly bearer?: string; readonly key?: string } = {},
  ): Promise<Exchange> {
    return this.ask('/v1/scans', {
      headers: phoneHeaders(bearer, key),
      json: { scan_code: scanCodeOf(ticket.notice) },
    });
  }

  /** Scans as the suite's own phone. @throws NotSo unless that went well. */
  async scanned(ticket: Pick<Ticket, 'notice'>): Promise<Scanned> {
    const answer = await this.scan(ticket);
    mustBe(`the answer to a scan (${answer.text.slice(0, 200)})`, answer.status, 200, 201);
    return {
      handshake: String(answer.body['handshake']),
      numberMatch: answer.body['number_match'] === true,
    };
  }

  async decide(
    what: 'confirm' | 'deny',
    ticket: Ticket,
    scanned: Scanned,
    options: { readonly bearer?: string; readonly key?: string; readonly report?: boolean } = {},
  ): Promise<Exchange> {
    const { bearer = this.target.bearer, key, report } = options;
    const number = what === 'confirm' && scanned.numberMatch ? (await this.notice(ticket)).number : undefined;
    return this.ask(`/v1/tickets/${ticket.id}/${what}`, {
      headers: phoneHeaders(bearer, key),
      json: { handshake: scanned.handshake, number, report },
    });
  }

  async confirmed(ticket: Ticket): Promise<void> {
    const answer = await this.decide('confirm', ticket, await this.scanned(ticket));
    mustBe(`the answer to a confirmation (${answer.text.slice(0, 200)})`, answer.status, 200);
  }

  redeem(
    ticket: Ticket,
    code: string,
    { key, verifier = ticket.verifier }: { readonly key?: string; readonly verifier?: string } = {},
  ): Promise<Exchange> {
    const { id, redirectUri, secret } = this.target.client;
    const basic =
      secret === undefined
        ? {}
        : {
            authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
          };
    return this.ask('/oauth/token', {
      headers: { ...basic, ...(key !== undefined && { 'idempotency-key': key }) },
      form: {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        client_id: secret === undefined ? id : undefined,
        redirect_uri: redirectUri,
      },
    });
  }

  /** The code of a confirmed ticket. */
  async codeOf(ticket: Ticket): Promise<string> {
    const code = (await this.notice(ticket)).result?.code;
    must(code, 'the confirmed ticket has no result.code');
    return code;
  }

  /** A ticket in this state, made for the caller; an expired one is shared, since it takes its time. */
  async ticketIn(state: State): Promise<Ticket> {
    if (state === 'expired') return this.expired();
    const ticket = await this.mint();
    if (state === 'pending') return ticket;
    if (state === 'cancelled') {
      mustBe('the answer to a cancellation', (await this.cancel(ticket)).status, 204);
      return ticket;
    }
    const scanned = await this.scanned(ticket);
    if (state === 'scanned') return ticket;
    const what = state === 'denied' ? 'deny' : 'confirm';
    const decided = await this.decide(what, ticket, scanned);
    mustBe(`the answer to ${what}`, decided.status, 200);
    if (state === 'redeemed') {
      const redeemed = await this.redeem(ticket, await this.codeOf(ticket));
      mustBe(`the answer to a redemption (${redeemed.text.slice(0, 200)})`, redeemed.status, 200);
    }
    return ticket;
  }

  /** The ticket that expires first: one that is only minted, or one that is confirmed. Begun with the first call. */
  expired(): Promise<Ticket> {
    this.#expired ??= this.#expire();
    this.#expired.catch(() => undefined);
    return this.#expired;
  }

  async #expire(): Promise<Ticket> {
    const [minted, confirmed] = [await this.mint(), await this.mint()];
    await this.confirmed(confirmed);
    const lives = [minted.notice.expires_in_ms, (await this.notice(confirmed)).expires_in_ms] as const;
    const lifeMs = Math.min(...lives);
    if (lifeMs > PATIENCE_MS && !this.target.slow)
      throw new Skipped(`an expired ticket takes ${Math.ceil(lifeMs / 1000)} s here: --slow waits for it`);
    await new Promise((resolve) => setTimeout(resolve, lifeMs + 100));
    return lives[0] <= lives[1] ? minted : confirmed;
  }
}

/** What stands in the QR code. @throws NotSo where a pending notice has none. */
export function scanCodeOf(notice: Notice): string {
  const path = notice.scan === undefined ? '' : new URL(notice.scan.url).pathname;
  const at = path.lastIndexOf('/s/');
  if (at === -1) throw new NotSo('the pending notice has no scan url');
  return path.slice(at + 3);
}

function phoneHeaders(bearer: string, key: string | undefined): Record<string, string> {
  return { authorization: `Bearer ${bearer}`, ...(key !== undefined && { 'idempotency-key': key }) };
}

function reachable(links: Links, base: string): Links {
  const at = (link: string): string => {
    const { pathname, search, protocol } = new URL(link);
    const url = new URL(pathname + search, base);
    if (protocol.startsWith('ws')) url.protocol = url.protocol.replace('http', 'ws');
    return url.href;
  };
  const { self, events, poll, socket, qr } = links;
  return { self: at(self), events: at(events), poll: at(poll), socket: at(socket), qr: at(qr) };
}
