import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { untilPrinted } from '../support/child.ts';
import { within } from '../support/until.ts';
import type { Stage } from './stage.ts';

const LIMIT_MS = 30_000;
const LISTENS = /WebDriver BiDi listening on (ws:\S+)/;

/** Debian's Firefox without a window, driven by WebDriver BiDi. */
export interface Firefox {
  open(address: string): Promise<void>;
  /** The value of an expression of the page, which must be a string. */
  read(expression: string): Promise<string>;
}

interface Reply {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  readonly message?: string;
}

/** Starts Firefox in a new profile that goes with the stage. */
export async function startFirefox(stage: Stage): Promise<Firefox> {
  const profile = mkdtempSync(join(stage.folder, 'profile-'));
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  const env = { HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: '1' };
  const child = await stage.run(stage.place.file('usr/lib/firefox-esr/firefox-esr'), args, { env });
  await untilPrinted(child, LISTENS, LIMIT_MS);
  const address = LISTENS.exec(Object.values(child.output()).join(''))?.[1] ?? '';
  const send = await connect(`${address}/session`);
  await send('session.new', { capabilities: {} });
  const tree = (await send('browsingContext.getTree', {})) as {
    readonly contexts: { readonly context: string }[];
  };
  const context = tree.contexts[0]?.context ?? '';
  return {
    async open(url) {
      await send('browsingContext.navigate', { context, url, wait: 'interactive' });
    },
    async read(expression) {
      const target = { context };
      const said = await send('script.evaluate', { expression, target, awaitPromise: true });
      return String((said['result'] as { readonly value?: unknown } | undefined)?.value);
    },
  };
}

type Send = (method: string, params: object) => Promise<Readonly<Record<string, unknown>>>;

async function connect(address: string): Promise<Send> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, (reply: Reply) => void>();
  socket.on('message', (data: Buffer) => {
    const reply = JSON.parse(data.toString('utf8')) as Reply;
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
  });
  socket.on('error', () => {}); // it ends with its browser
  await within(new Promise((resolve) => socket.once('open', resolve)), LIMIT_MS, 'a connection to Firefox');
  let last = 0;
  return async (method, params) => {
    const id = (last += 1);
    const answered = new Promise<Reply>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error, message } = await within(answered, LIMIT_MS, method);
    if (result === undefined) throw new Error(`${method}: ${error} ${message}`);
    return result;
  };
}
