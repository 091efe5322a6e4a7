import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endAs, openPage } from '../../oauth/sign-in-page.ts';
import type { Ending } from '../../oauth/sign-in-page.ts';
import { call, expectStatus } from '../../support/call.ts';
import { untilPrinted } from '../../support/child.ts';
import { within } from '../../support/until.ts';
import type { Play, Registration, Row } from '../row.ts';
import { CLIENT_ID, CLIENT_SECRET } from '../stage.ts';
import type { Stage } from '../stage.ts';

const ADDRESS = /^(http\S+\/oauth\/authorize\?\S+)$/m;

function row(name: string, secret: string, registration: Registration): Row {
  return {
    name,
    kind: 'client',
    source: { from: 'Debian', packages: ['oidc-agent-cli'] },
    settings: '',
    registers: (here) => ({ redirect_uris: redirectsOf(here), ...registration }),
    open: (stage) => play(stage, secret),
  };
}

/** One for each sign-in: a port that it listened on is not free again at once. */
function redirectsOf(here: string): readonly string[] {
  const first = 10_000 + 5 * (Number(new URL(here).port) % 1000);
  return [0, 1, 2, 3, 4].map((more) => `http://localhost:${first + more}`);
}

export const oidcAgentPublic = row('oidc-agent, public', '', { token_endpoint_auth_method: 'none' });
export const oidcAgent = row('oidc-agent, confidential', CLIENT_SECRET, { client_secret: CLIENT_SECRET });

/** The agent keeps accounts; `oidc-gen` signs in to one, `oidc-token` tells its access token. */
async function play(stage: Stage, secret: string): Promise<Play> {
  const { gateway, here, phone, place } = stage;
  const folder = join(stage.folder, 'oidc-agent');
  mkdirSync(folder);
  // Both keep back what they print until they end, unless they print to a terminal.
  const unheld = (name: string): readonly string[] => ['-oL', place.file(`usr/bin/${name}`)];
  const agent = await stage.run('stdbuf', [...unheld('oidc-agent'), '--console'], {
    env: { OIDC_CONFIG_DIR: folder, TMPDIR: folder },
    ready: /OIDC_SOCK=\S+?;/,
  });
  const socket = /OIDC_SOCK=(\S+?);/.exec(agent.output().stdout)?.[1] ?? '';
  const redirects = redirectsOf(here).values();
  const env = { OIDC_CONFIG_DIR: folder, OIDC_SOCK: socket };

  /** Signs in to a new account; its name, and what was printed and shown. */
  async function signIn(ending: Ending): Promise<{ readonly account: string; readonly said: string }> {
    const account = randomUUID();
    const client = [
      `--client-id=${CLIENT_ID}`,
      `--client-secret=${secret}`,
      `--redirect-uri=${redirects.next().value ?? ''}`,
    ];
    const scope = '--scope=openid profile offline_access';
    const silent = ['--manual', '--flow=code', '--no-url-call', '--pw-cmd=echo password', '--prompt=none'];
    const args = [account, `--issuer=${gateway.url}/`, ...client, scope, ...silent];
    const child = await stage.run('stdbuf', [...unheld('oidc-gen'), ...args], { env });
    await untilPrinted(child, ADDRESS);
    const address = ADDRESS.exec(Object.values(child.output()).join('\n'))?.[1] ?? '';
    const back = await endAs(ending, gateway.url, await openPage(address), await phone('ada'));
    const page = await call(back.href);
    await within(child.exited, 15_000, 'the end of oidc-gen').catch(() => child.stop(1000));
    return { account, said: page.text + Object.values(child.output()).join('') };
  }

  async function user(account: string, ...options: readonly string[]): Promise<void> {
    const args = [...options, account];
    const { stdout } = await promisify(execFile)(place.file('usr/bin/oidc-token'), args, {
      env: { ...process.env, ...place.env, ...env },
    });
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    const { sub } = expectStatus(await call(`${gateway.url}/oauth/userinfo`, { headers }), 200);
    if (sub !== 'ada') throw new Error(`it is ${String(sub)} who is signed in`);
  }

  const hears = (ending: Ending) => async (): Promise<void> => {
    if (ending === 'expired') await stage.shorten();
    const { said } = await signIn(ending);
    if (!said.includes('access_denied')) throw new Error(`it said: ${said.slice(0, 600)}`);
  };
  return {
    'signs in': async () => {
      const { account, said } = await signIn('confirmed');
      await user(account).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${said.slice(0, 900)}`);
      });
    },
    denied: hears('denied'),
    cancelled: hears('cancelled'),
    refreshes: async () => user((await signIn('confirmed')).account, '--force-new'),
    expired: hears('expired'),
  };
}
