import { setTimeout as sleep } from 'node:timers/promises';
import { cancel, confirm, deny, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Scanned, Tokens } from '../support/signin.ts';
import { TRANSPORTS } from '../support/watching.ts';
import type { Random } from '../support/random.ts';
import { openBrowser } from './browser.ts';
import type { Browser } from './browser.ts';
import type { Chronicle } from './chronicle.ts';
import { askPatiently } from './patience.ts';
import type { Answered, Base, Patience } from './patience.ts';

/** Where sign-ins happen, and how long their people are patient. */
export interface SignInSettings {
  readonly chronicle: Chronicle;
  /** The gateways. */
  readonly bases: readonly Base[];
  /** Where the demo client is sent back to. */
  readonly redirectUri: string;
  /** Every ticket that was minted, to be looked at in the end. */
  readonly tickets: Minted[];
  /** The same, of the load's pulse. */
  readonly pulses: Minted[];
  /** Every browser that was opened, to be closed in the end. */
  readonly browsers: Browser[];
  /** The shortest and the longest pause between two steps, in milliseconds. */
  readonly thinkMs: readonly [shortest: number, longest: number];
  /** Whether all that belongs to one sign-in goes to the gateway where it began, as behind a sticky balancer. */
  readonly sticky: boolean;
  /** How long one step is repeated before its person gives up. */
  readonly patienceMs: number;
}

type Plan = 'confirm' | 'confirm and redeem twice' | 'race' | 'deny' | 'cancel' | 'leave';
const PLANS: readonly Plan[] = [
  ...Array.from({ length: 10 }, () => 'confirm' as const),
  ...Array.from({ length: 3 }, () => 'confirm and redeem twice' as const),
  ...Array.from({ length: 3 }, () => 'race' as const),
  ...(['deny', 'deny', 'deny', 'cancel', 'cancel', 'leave'] as const),
];

/** What a step makes of a ticket. */
type Asked = 'scanned' | 'confirmed' | 'denied' | 'cancelled' | 'redeemed';

/** One ask may take this long: longer than the gateway's own bound, shorter than a person's. */
const ASK_LIMIT_MS = 6000;
let users = 0;

/** One whole sign-in, with everything repeated that a real client repeats. Its ending is counted in the chronicle. */
export async function signIn(given: SignInSettings, random: Random): Promise<void> {
  const browserAt = random.between(0, given.bases.length - 1);
  const ordered = [...given.bases.slice(browserAt), ...given.bases.slice(0, browserAt)];
  const settings = { ...given, bases: given.sticky ? ordered.slice(0, 1) : ordered };
  const { chronicle, bases, tickets } = settings;
  const ticket = await mintPatiently(settings, random);
  if (ticket === undefined) return chronicle.end('gave up minting');
  tickets.push(ticket);
  const urls = bases.map(({ url }) => url);
  const browser = openBrowser(chronicle, ticket, random.pick(TRANSPORTS), urls);
  settings.browsers.push(browser);
  chronicle.end(await new Person(settings, random, ticket, browser).act(random.pick(PLANS)));
}

/** A lost mint costs a new QR code: nothing is repeated with the same key. */
async function mintPatiently(
  { chronicle, bases, redirectUri, patienceMs }: SignInSettings,
  random: Random,
): Promise<Minted | undefined> {
  const until = performance.now() + patienceMs;
  for (let tried = 0; performance.now() < until; tried += 1) {
    const { gateway, url } = bases[tried % bases.length]!;
    const binding = random.pick(['bearer', 'cookie'] as const);
    const ticket = await limited(mint(url, { binding, redirectUri })).catch(() => undefined);
    if (ticket !== undefined) {
      const { ticketId, notice } = ticket;
      chronicle.acknowledge({ ticketId, status: 'pending', by: 'browser', gateway, cursor: notice.cursor });
      return ticket;
    }
    await sleep(random.between(100, 400));
  }
  return undefined;
}

/** The people and programs around one ticket. */
class Person {
  readonly #settings: SignInSettings;
  readonly #random: Random;
  readonly #ticket: Minted;
  readonly #browser: Browser;
  readonly #user = `user-${(users += 1)}`;

  constructor(settings: SignInSettings, random: Random, ticket: Minted, browser: Browser) {
    this.#settings = settings;
    this.#random = random;
    this.#ticket = ticket;
    this.#browser = browser;
  }

  /** Does as planned, and says how it ended. */
  async act(plan: Plan): Promise<string> {
    await this.#think();
    if (plan === 'cancel') return this.#cancel();
    const scanned = await this.#ask('scanned', (base, options) =>
      scan(base, readScanCode(this.#ticket.notice), this.#user, options),
    );
    if (scanned === undefined) return 'gave up scanning';
    if (scanned.answer.status !== 201 && scanned.answer.status !== 200) return refused('scan', scanned);
    this.#acknowledge('scanned', scanned);
    if (plan === 'leave') return 'left';
    await this.#think();
    if (plan === 'deny') return this.#decide('deny', scanned.answer.body);
    const decide =
      plan === 'race' ? this.#race(scanned.answer.body) : this.#decide('confirm', scanned.answer.body);
    const decided = await decide;
    return decided === 'confirm' ? this.#redeem(plan === 'confirm and redeem twice') : decided;
  }

  async #cancel(): Promise<string> {
    const answered = await this.#ask('cancelled', (base) => cancel(this.#ticket, base));
    if (answered === undefined) return 'gave up cancelling';
    if (answered.answer.status !== 204) return refused('cancel', answered);
    this.#acknowledge('cancelled', answered, false);
    return 'cancelled';
  }

  async #decide(what: 'confirm' | 'deny', scanned: Scanned): Promise<string> {
    const send = what === 'confirm' ? confirm : deny;
    const status = what === 'confirm' ? 'confirmed' : 'denied';
    const answered = await this.#ask(status, (base, options) => send(base, scanned, this.#user, options));
    if (answered === undefined) return `gave up at ${what}`;
    if (answered.answer.status !== 200) return refused(what, answered);
    this.#acknowledge(status, answered);
    return what === 'deny' ? 'denied' : what;
  }

  /** Everything at once, at both gateways: one may win. */
  async #race(scanned: Scanned): Promise<string> {
    const all = [this.#decide('confirm', scanned), this.#decide('deny', scanned), this.#cancel()];
    const won = (await Promise.all(all)).filter((ending) => !/^(refused|gave up)/.test(ending));
    return won.length === 1 ? won[0]! : `a race that ${won.length} won`;
  }

  /** The client redeems what the browser was told; a careless one does it twice at once, at both gateways. */
  async #redeem(twice: boolean): Promise<string> {
    const notice = await this.#browser.outcome(this.#settings.patienceMs);
    if (notice?.result === undefined)
      return `confirmed, and the browser heard ${notice?.status ?? 'nothing'}`;
    const { code } = notice.result;
    const once = (): Promise<Answered<Tokens> | undefined> =>
      this.#ask('redeemed', (base, options) => redeem(base, this.#ticket, code, options), 'redemption');
    const answers = await Promise.all(twice ? [once(), once()] : [once()]);
    const given = answers.filter((answered) => answered?.answer.status === 200);
    for (const answered of given) {
      this.#acknowledge('redeemed', answered!, false);
      const sessionId = sessionOf(answered!.answer.body.access_token);
      this.#settings.chronicle.redeemed.push({ ticketId: this.#ticket.ticketId, sessionId });
    }
    if (given.length > 0) return 'redeemed';
    return answers[0] === undefined ? 'gave up redeeming' : refused('redeem', answers[0]);
  }

  #ask<T>(
    status: Asked,
    ask: (base: string, options: { readonly idempotencyKey: string }) => Promise<Answered<T>['answer']>,
    key = `key-${this.#random.between(1, 2 ** 40)}`,
  ): Promise<Answered<T> | undefined> {
    const { bases, patienceMs, chronicle } = this.#settings;
    chronicle.ask(this.#ticket.ticketId, status);
    const patience: Patience = {
      bases,
      first: this.#random.between(0, bases.length - 1),
      random: this.#random,
      until: performance.now() + patienceMs,
    };
    const options = { idempotencyKey: `${this.#ticket.ticketId}-${key}` };
    return askPatiently(patience, (base) => limited(ask(base, options)));
  }

  #acknowledge(status: Asked, { gateway }: { readonly gateway: number }, byPhone = true): void {
    this.#settings.chronicle.acknowledge({
      ticketId: this.#ticket.ticketId,
      status,
      by: byPhone ? `the phone of ${this.#user}` : status === 'redeemed' ? 'the client' : 'the browser',
      gateway,
      ...(status === 'scanned' && { user: this.#user }),
    });
  }

  async #think(): Promise<void> {
    await sleep(this.#random.between(...this.#settings.thinkMs));
  }
}

function refused(what: string, { answer, repeated }: Answered<unknown>): string {
  const { code, error } = (answer.body ?? {}) as { readonly code?: string; readonly error?: string };
  return `refused: ${what} ${answer.status} ${code ?? error ?? ''}${repeated > 0 ? ' when repeated' : ''}`;
}

/** The session of an access token (RFC 9068), unverified: the client here trusts its gateway. */
function sessionOf(accessToken: string): string {
  const payload = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as {
    readonly sid: string;
  };
  return payload.sid;
}

/** A frozen gateway answers nobody; its client asks elsewhere. The late answer is nobody's. */
function limited<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), ASK_LIMIT_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
