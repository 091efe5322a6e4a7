import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from '../conformance/exchange.ts';
import type { Exchange } from '../conformance/exchange.ts';
import { Browser } from './browser.ts';
import type { SignIn, Step } from './sign-in.ts';

/** How long a step is repeated before its person gives up. */
const PATIENCE_MS = 90_000;
/** One answer may take this long. */
const ANSWER_WITHIN_MS = 6000;
const THINK_MS = { least: 40, most: 300 } as const;
const REPEAT_MS = { least: 100, most: 400 } as const;

/** What somebody does. Of ten, one says no, one says yes and no at once at two gateways, one redeems twice at once. */
type Plan = 'confirm' | 'deny' | 'both' | 'redeem twice';
const PLANS: Readonly<Record<number, Plan>> = { 3: 'deny', 5: 'both', 7: 'redeem twice' };

/**
 * The browser, the phone and the application of one sign-in. What no gateway answered, or answered with 503, they send
 * again to the next one, as through a balancer.
 */
export class Person {
  readonly #number: number;
  readonly #gateways: readonly string[];
  readonly #signIn: SignIn;
  readonly #verifier = randomBytes(32).toString('base64url');
  #browser: Browser | undefined;
  #hasLeft = false;

  constructor(number: number, gateways: readonly string[], signIn: SignIn) {
    this.#number = number;
    this.#gateways = gateways;
    this.#signIn = signIn;
  }

  /** Plays all of it; how it ended stands in the sign-in. */
  async act(): Promise<void> {
    const browser = await this.#mint();
    if (browser === undefined) return void (this.#signIn.ending = 'gave up');
    this.#browser = browser;
    try {
      this.#signIn.ending = await this.#signInWith(browser, PLANS[this.#number % 10] ?? 'confirm');
    } finally {
      browser.close();
    }
  }

  /** Sends nothing again, and waits for nothing; `act` resolves soon. */
  leave(): void {
    this.#hasLeft = true;
    this.#browser?.close();
  }

  async #mint(): Promise<Browser | undefined> {
    const minted = await this.#ask((gateway) =>
      exchange(`${gateway}/v1/tickets`, {
        withinMs: ANSWER_WITHIN_MS,
        json: {
          client_id: 'demo',
          redirect_uri: this.#redirectUri,
          scope: 'openid profile',
          binding: 'bearer',
          code_challenge: createHash('sha256').update(this.#verifier).digest('base64url'),
          code_challenge_method: 'S256',
        },
      }),
    );
    if (minted?.status !== 201) return undefined;
    this.#signIn.ticketId = String(minted.body['ticket_id']);
    this.#acknowledge('minted');
    const { pathname } = new URL((minted.body['links'] as { readonly events: string }).events);
    return new Browser(
      this.#gatewaysFrom(this.#number + 1).map((gateway) => gateway + pathname),
      String(minted.body['browser_secret']),
    );
  }

  async #signInWith(browser: Browser, plan: Plan): Promise<'signed in' | 'denied' | 'gave up'> {
    await think();
    const scanned = await this.#scan(browser);
    if (scanned === undefined) return 'gave up';
    await think();
    const decisions =
      plan === 'both' ? (['confirm', 'deny'] as const) : ([plan === 'deny' ? 'deny' : 'confirm'] as const);
    const decided = await Promise.all(
      decisions.map((decision, index) => this.#decide(decision, scanned, this.#number + index)),
    );
    if (!decided.includes(true)) return 'gave up';
    const late = setTimeout(() => browser.close(), PATIENCE_MS);
    const notice = await browser.outcome;
    clearTimeout(late);
    if (notice === undefined) return 'gave up';
    this.#signIn.heard = notice.status;
    const code = notice.result?.code;
    if (code === undefined) return notice.status === 'denied' ? 'denied' : 'gave up';
    const redeemers = plan === 'redeem twice' ? [0, 1] : [0];
    const redeemed = await Promise.all(redeemers.map((index) => this.#redeem(code, index)));
    return redeemed.includes(true) ? 'signed in' : 'gave up';
  }

  /** Answers what proves the scan on the phone's next request. */
  async #scan(browser: Browser): Promise<string | undefined> {
    const answer = await this.#ask(async (gateway) => {
      const url = browser.scanUrl;
      if (url === undefined) throw new Error('no QR code yet');
      return exchange(`${gateway}/v1/scans`, {
        withinMs: ANSWER_WITHIN_MS,
        headers: this.#phone('scan'),
        json: { scan_code: url.slice(url.lastIndexOf('/') + 1) },
      });
    });
    if (answer === undefined || answer.status > 201) return undefined;
    this.#acknowledge('scanned');
    return String(answer.body['handshake']);
  }

  async #decide(decision: 'confirm' | 'deny', handshake: string, first: number): Promise<boolean> {
    const answer = await this.#ask(
      (gateway) =>
        exchange(`${gateway}/v1/tickets/${this.#signIn.ticketId ?? ''}/${decision}`, {
          withinMs: ANSWER_WITHIN_MS,
          headers: this.#phone(decision),
          json: { handshake },
        }),
      first,
    );
    if (answer?.status !== 200) return false;
    this.#acknowledge(decision === 'confirm' ? 'confirmed' : 'denied');
    return true;
  }

  /** Each redeemer repeats under a key of its own: one of them gets the session, the other one a refusal. */
  async #redeem(code: string, redeemer: number): Promise<boolean> {
    const answer = await this.#ask(
      (gateway) =>
        exchange(`${gateway}/oauth/token`, {
          withinMs: ANSWER_WITHIN_MS,
          headers: { 'idempotency-key': `${this.#signIn.ticketId ?? ''}-redeem-${redeemer}` },
          form: {
            grant_type: 'authorization_code',
            client_id: 'demo',
            code,
            redirect_uri: this.#redirectUri,
            code_verifier: this.#verifier,
          },
        }),
      this.#number + redeemer,
    );
    if (answer?.status !== 200) return false;
    this.#acknowledge('redeemed');
    this.#signIn.sessions.add(sessionOf(String(answer.body['access_token'])));
    return true;
  }

  async #ask(
    send: (gateway: string) => Promise<Exchange>,
    first = this.#number,
  ): Promise<Exchange | undefined> {
    const gateways = this.#gatewaysFrom(first);
    const end = performance.now() + PATIENCE_MS;
    for (let tries = 0; !this.#hasLeft && performance.now() < end; tries += 1) {
      const answer = await send(gateways[tries % gateways.length]!).catch(() => undefined);
      if (answer !== undefined && answer.status !== 503) return answer;
      await sleep(between(REPEAT_MS));
    }
    return undefined;
  }

  #gatewaysFrom(first: number): readonly string[] {
    const at = first % this.#gateways.length;
    return [...this.#gateways.slice(at), ...this.#gateways.slice(0, at)];
  }

  #phone(step: string): Readonly<Record<string, string>> {
    return {
      authorization: `Bearer demo-person-${this.#number}`,
      'idempotency-key': `${this.#signIn.ticketId ?? ''}-${step}`,
    };
  }

  #acknowledge(step: Step): void {
    this.#signIn.acknowledged.push({ step, atMs: performance.now() });
  }

  get #redirectUri(): string {
    return `${this.#gateways[0] ?? ''}/demo/callback`;
  }
}

/** The session of an access token (RFC 9068), unverified: the application here trusts its gateway. */
function sessionOf(accessToken: string): string {
  const payload = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly sid: string;
  };
  return payload.sid;
}

function think(): Promise<void> {
  return sleep(between(THINK_MS));
}

function between({ least, most }: { readonly least: number; readonly most: number }): number {
  return least + Math.random() * (most - least);
}
