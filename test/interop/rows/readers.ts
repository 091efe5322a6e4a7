import type { Minted } from '../../support/signin.ts';
import { playReader } from '../reader.ts';
import type { Listening } from '../reader.ts';
import type { Row } from '../row.ts';
import type { Stage } from '../stage.ts';

const registers = (here: string) => ({ redirect_uris: [`${here}/`], token_endpoint_auth_method: 'none' });

/** A reader that is a program: it prints what it is told. */
export function programReader(
  name: string,
  packages: Readonly<Record<string, string>>,
  app: string,
  settings = '',
): Row {
  return {
    name,
    kind: 'reader',
    source: { from: 'npm', packages },
    settings,
    registers,
    open: (stage) =>
      Promise.resolve(playReader(stage, (ticket) => listenByProgram(stage, process.execPath, app, ticket))),
  };
}

/** Starts the program of a reader. */
export async function listenByProgram(
  stage: Stage,
  command: string,
  app: string,
  { links, secret }: Minted,
): Promise<Listening> {
  const env = { EVENTS: links.events, SOCKET: links.socket, SECRET: secret };
  const child = await stage.start(command, app, { env, ready: /^/ });
  return {
    lines: () => child.output().stdout.trim().split('\n').filter(Boolean),
    stop: () => child.stop(1000),
  };
}

/** A reader that is a script of a page on another origin than the gateway's. */
function pageReader(name: string, packages: Readonly<Record<string, string>>, settings = ''): Row {
  return {
    name,
    kind: 'reader',
    smoke: true,
    source: { from: 'npm', packages },
    settings,
    registers,
    async open(stage) {
      await stage.start(process.execPath, 'reader-page.mjs');
      return playReader(stage, (ticket) => listenByPage(stage, name, ticket));
    },
  };
}

async function listenByPage(stage: Stage, name: string, { links, secret }: Minted): Promise<Listening> {
  const context = await (await stage.browser()).newContext();
  const page = await context.newPage();
  const lines: string[] = [];
  page.on('console', (message) => {
    if (/^(heard|stray|closed|asked)/.test(message.text())) lines.push(message.text());
  });
  const told = new URLSearchParams({ reader: name, events: links.events, socket: links.socket, secret });
  await page.goto(`${stage.here}/#${told.toString()}`);
  return { lines: () => [...lines], stop: () => context.close() };
}

export const READERS: readonly Row[] = [
  programReader('eventsource', { eventsource: '4.1.1' }, 'eventsource.mjs'),
  programReader('ws', { ws: '8.23.0' }, 'ws.mjs', 'connects again by itself, as its README says'),
  pageReader('event-source-polyfill', { 'event-source-polyfill': '1.0.31' }),
  pageReader(
    'fetch-event-source',
    { '@microsoft/fetch-event-source': '2.0.1' },
    '`onclose` throws before the last state, as its README says',
  ),
  pageReader('reconnecting-websocket', { 'reconnecting-websocket': '4.4.0' }),
];
