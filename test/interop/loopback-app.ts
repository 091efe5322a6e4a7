import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endAs, openPage } from '../oauth/sign-in-page.ts';
import type { Ending } from '../oauth/sign-in-page.ts';
import { call } from '../support/call.ts';
import { untilPrinted } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { until } from '../support/until.ts';
import type { Play } from './row.ts';
import type { Stage } from './stage.ts';

/** What such a program prints once it knows how its sign-in ended, before the user as JSON, or the error. */
const ENDED = /^ended (.*)$/m;

/**
 * What is played with a program of this machine that opens the system's browser (`BROWSER`) and takes the answer on a
 * loopback address (RFC 8252): each sign-in is a process of its own.
 *
 * @param run starts the program with these variables in its environment; with `REFRESH` it refreshes its tokens before it
 * asks who the user is.
 */
export function playLoopbackApp(
  stage: Stage,
  run: (env: Readonly<Record<string, string>>) => Promise<Child>,
): Play {
  const opened = join(stage.folder, 'opened');
  const browser = join(stage.folder, 'browser');
  writeFileSync(browser, `#!/bin/sh\nprintf '%s\\n' "$1" >"${opened}"\n`);
  chmodSync(browser, 0o755);

  async function signIn(ending: Ending, more: Readonly<Record<string, string>> = {}): Promise<string> {
    rmSync(opened, { force: true });
    const child = await run({ BROWSER: browser, ...more });
    try {
      const address = await until(
        () => existsSync(opened) && /^(http.*)\n/.exec(readFileSync(opened, 'utf8'))?.[1],
        { what: 'the program to open a browser' },
      );
      const { gateway, phone } = stage;
      const back = await endAs(ending, gateway.url, await openPage(address), await phone('ada'));
      await call(back.href);
      await untilPrinted(child, ENDED, 10_000);
      return ENDED.exec(child.output().stdout)?.[1] ?? '';
    } finally {
      await child.stop(1000);
    }
  }

  const USER = /"sub":\s*"ada"/;
  async function check(said: Promise<string>, told: RegExp): Promise<void> {
    if (!told.test(await said)) throw new Error(`the program was told: ${(await said).slice(0, 300)}`);
  }
  const hears = (ending: Ending) => async (): Promise<void> => {
    if (ending === 'expired') await stage.shorten();
    await check(signIn(ending), /access_denied/);
  };
  return {
    'signs in': () => check(signIn('confirmed'), USER),
    denied: hears('denied'),
    cancelled: hears('cancelled'),
    refreshes: () => check(signIn('confirmed', { REFRESH: '1' }), USER),
    expired: hears('expired'),
  };
}
