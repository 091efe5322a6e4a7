import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from '../../compose/gateway.ts';
import { readConfig } from '../../config/config.ts';
import { openStores } from '../../compose/store/stores.ts';
import type { Terminal } from '../terminal.ts';
import { timelineOf } from '../timeline.ts';

/** What a browser is told, as far as this demonstration reads it. */
interface Notice {
  readonly status: string;
  readonly cursor: string;
  readonly scan?: { readonly url: string };
  readonly scanner?: { readonly name?: string };
  readonly result?: { readonly code: string };
}

type Print = (who: string, what: string) => void;

/**
 * One sign-in from end to end over real HTTP, browser and phone played by this very process, on a gateway of its own
 * with a store in a temporary folder. Prints each event as it comes, and the ticket's whole history at the end.
 */
export async function runDemo({ say, tell }: Terminal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'scangate-demo-'));
  const config = readConfig({
    PORT: String(await freePort()),
    SCANGATE_STORE: `file:${join(folder, 'store')}`,
    SCANGATE_LOG_LEVEL: 'error',
    SCANGATE_DRAIN_WAIT: 'PT0S',
    SCANGATE_DRAIN_WINDOW: 'PT0S',
  });
  const startedAt = performance.now();
  const print: Print = (who, what) => {
    const at = ((performance.now() - startedAt) / 1000).toFixed(3);
    say(`${at.padStart(7)} s  ${who.padEnd(8)} ${what}\n`);
    tell({ seconds: Number(at), who, what });
  };
  try {
    const gateway = await compose(config);
    await gateway.start();
    print('gateway', `ready at ${config.issuer}, on a store of its own`);
    let ticketId: string;
    try {
      ticketId = await signIn(config.issuer, print);
    } finally {
      await gateway.stop();
    }
    const opened = await openStores(config);
    try {
      say(`\n${(await timelineOf(opened.store, ticketId)).join('\n')}\n`);
    } finally {
      await opened.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function signIn(gateway: string, print: Print): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const redirectUri = `${gateway}/demo/callback`;
  const minted = await post(`${gateway}/v1/tickets`, {
    client_id: 'demo',
    redirect_uri: redirectUri,
    scope: 'openid profile',
    binding: 'bearer',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const links = minted['links'] as { events: string };
  const ticketId = String(minted['ticket_id']);
  print('browser', `asked for a ticket: ${ticketId}`);
  let code: string | undefined;
  for await (const notice of watch(links.events, String(minted['browser_secret']))) {
    print('browser', `is told: ${notice.status} (cursor ${notice.cursor})`);
    if (notice.status === 'pending' && notice.scan !== undefined)
      await scanAndApprove(gateway, notice.scan.url, print);
    code = notice.result?.code;
  }
  if (code === undefined) throw new Error('the sign-in ended without a code');
  const tokens = await post(
    `${gateway}/oauth/token`,
    new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'demo',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  );
  const claims = Buffer.from(String(tokens['id_token']).split('.')[1] ?? '', 'base64url').toString();
  print('browser', `redeemed the code; the ID token says: ${claims}`);
  return ticketId;
}

async function scanAndApprove(gateway: string, scanUrl: string, print: Print): Promise<void> {
  const phone = { authorization: 'Bearer demo-ada' };
  const scanned = await post(`${gateway}/v1/scans`, { scan_code: scanUrl.split('/s/')[1] }, phone);
  const client = scanned['client'] as { name: string };
  print('phone', `scanned the QR code as ada: "${client.name}" wants to sign in`);
  await post(
    `${gateway}/v1/tickets/${String(scanned['ticket_id'])}/confirm`,
    { handshake: scanned['handshake'] },
    phone,
  );
  print('phone', 'approved');
}

async function post(
  url: string,
  body: URLSearchParams | Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const form = body instanceof URLSearchParams;
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...(form ? {} : { 'content-type': 'application/json' }) },
    body: form ? body : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

async function* watch(url: string, bearer: string): AsyncGenerator<Notice> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${bearer}` } });
  if (response.body === null) throw new Error(`no stream (${response.status})`);
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data:'));
      if (data !== undefined) yield JSON.parse(data.slice('data:'.length)) as Notice;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
