import { setTimeout as sleep } from 'node:timers/promises';
import type { Minted } from '../../support/signin.ts';
import { startFirefox } from '../firefox.ts';
import type { Firefox } from '../firefox.ts';
import { playReader } from '../reader.ts';
import type { Listening } from '../reader.ts';
import type { Row } from '../row.ts';
import type { Stage } from '../stage.ts';

const LOOK_MS = 100;

/** Firefox's own WebSocket, in a page on another origin; its EventSource sends no bearer. */
export const firefox: Row = {
  name: 'Firefox ESR',
  kind: 'reader',
  source: { from: 'Debian', packages: ['firefox-esr'] },
  settings: 'its own `WebSocket`, connected again as the page says',
  registers: (here) => ({ redirect_uris: [`${here}/`], token_endpoint_auth_method: 'none' }),
  async open(stage) {
    await stage.start(process.execPath, 'reader-page.mjs');
    const browser = await startFirefox(stage);
    return playReader(stage, (ticket) => listen(stage, browser, ticket));
  },
};

async function listen(stage: Stage, browser: Firefox, { links, secret }: Minted): Promise<Listening> {
  const told = new URLSearchParams({
    reader: 'WebSocket',
    events: links.events,
    socket: links.socket,
    secret,
  });
  await browser.open(`${stage.here}/?${Date.now()}#${told.toString()}`);
  let lines: readonly string[] = [];
  const over = new AbortController();
  const look = async (): Promise<void> => {
    while (!over.signal.aborted) {
      lines = (await browser.read('(window.lines ?? []).join("\\n")')).split('\n').filter(Boolean);
      await sleep(LOOK_MS);
    }
  };
  // What it was not told shows in what is waited for.
  const looking = look().catch(() => {});
  return {
    lines: () => lines,
    async stop() {
      over.abort();
      await looking;
      await browser.open('about:blank');
    },
  };
}
