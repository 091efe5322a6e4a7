import { call, expectStatus } from '../support/call.ts';
import { until } from '../support/until.ts';
import type { Ending } from '../oauth/sign-in-page.ts';
import { chromiumVisitor } from './chromium-visitor.ts';
import { plainVisitor } from './plain-visitor.ts';
import type { Act, Play } from './row.ts';
import type { Stage } from './stage.ts';
import type { Beginning, Visitor } from './visitor.ts';

/** How a web application is used; those of `apps` are used so unless their row says otherwise. */
export interface WebAppOptions extends Partial<Beginning> {
  /** Tells who is signed in, as JSON with `sub`; `/` by default. */
  readonly user?: string;
  /** Signs out here and at the gateway, and comes back to `/`; `/logout` by default. */
  readonly logout?: string;
  /** Tells what the last sign-in ended with, where the page that a visitor comes back to does not. */
  readonly problem?: string;
  /** Whether its pages need a real browser. */
  readonly scripted?: boolean;
  /** What the library has beside signing in: at `/refresh`, signing out, and hearing of the end of a session. */
  readonly has?: readonly Optional[];
}

const OPTIONAL = ['refreshes', 'signs out', 'is signed out'] as const;
type Optional = Extract<Act, (typeof OPTIONAL)[number]>;

/** What is played with a web application that listens at the stage's address. */
export function playWebApp(stage: Stage, options: WebAppOptions = {}): Play {
  const { gateway, here, phone } = stage;
  const { user = '/', logout = '/logout', problem, scripted = false, has = [] } = options;
  const beginning: Beginning = { login: '/login', byForm: false, ...options };
  const visitor = async (real: boolean): Promise<Visitor> =>
    real ? await chromiumVisitor(stage, beginning) : plainVisitor(stage, beginning);

  async function visit(real: boolean, play: (visitor: Visitor) => Promise<void>): Promise<void> {
    const one = await visitor(real);
    try {
      await play(one);
    } finally {
      await one.close();
    }
  }

  /** Signs someone in, and goes on from there. */
  async function signedIn(
    name: string,
    real = scripted,
    play: (visitor: Visitor) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    await visit(real, async (one) => {
      const page = await one.signIn(name, 'confirmed');
      if (!isUser(await one.open(user), name)) throw new Error(`nobody is signed in: ${start(page)}`);
      await play(one);
    });
  }

  const hears = (ending: Ending) => async (): Promise<void> => {
    if (ending === 'expired') await stage.shorten();
    await visit(scripted || stage.endsInChromium, async (one) => {
      const page = await one.signIn('nobody', ending);
      const told = problem === undefined ? page : await one.open(problem);
      if (!told.includes('access_denied')) throw new Error(`the app was told: ${start(told)}`);
    });
  };

  const optional: Readonly<Record<Optional, () => Promise<void>>> = {
    refreshes: () =>
      signedIn('mary', scripted, async (one) => {
        const answer = await one.open('/refresh');
        if (!isUser(answer, 'mary')) throw new Error(`not refreshed: ${start(answer)}`);
      }),
    'signs out': () =>
      signedIn('grace', scripted, async (one) => {
        const back = await one.goThrough(logout);
        if (back !== `${here}/`) throw new Error(`not sent back, but to ${start(back)}`);
        const list = await call<{ readonly sessions: readonly unknown[] }>(`${gateway.url}/v1/sessions`, {
          headers: await phone('grace'),
        });
        const { sessions } = expectStatus(list, 200);
        if (sessions.length > 0) throw new Error(`${sessions.length} sessions of the gateway are left`);
      }),
    'is signed out': () =>
      signedIn('hedy', scripted, async (one) => {
        const headers = await phone('hedy');
        expectStatus(await call(`${gateway.url}/v1/sessions`, { method: 'DELETE', headers }), 204);
        await until(async () => !isUser(await one.open(user), 'hedy'), { what: 'the sign-out in the app' });
      }),
  };
  return {
    'signs in': () => signedIn('ada', true),
    denied: hears('denied'),
    cancelled: hears('cancelled'),
    ...Object.fromEntries(has.map((act) => [act, optional[act]])),
    // The last one: it changes the registration.
    expired: hears('expired'),
  };
}

function isUser(text: string, name: string): boolean {
  return new RegExp(`"sub":\\s*"${name}"`).test(text);
}

function start(text: string): string {
  return text.slice(0, 300);
}
