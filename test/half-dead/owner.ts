import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoPhone, readScanCode, s256 } from '../support/signin.ts';
import type { Notice, Scanned, Tokens } from '../support/signin.ts';
import { Client } from './client.ts';

/** What became of sign-ins that were begun at an even pace. */
export interface Owned {
  /** From when each was due until its tokens were there, in milliseconds. */
  readonly tookMs: readonly number[];
  readonly failures: readonly string[];
}

/** The owner's addresses, taken in turn, so that the pace stays below the limits of each: 127.0.2.1 and up. */
const ADDRESSES = 100;
let signIns = 0;

/** Signs in so often a second, for so long; each has connections of its own, as a browser and a phone have. */
export async function signInAtAPace(port: number, perSecond: number, forMs: number): Promise<Owned> {
  const tookMs: number[] = [];
  const failures: string[] = [];
  const going: Promise<unknown>[] = [];
  const begun = performance.now();
  for (let due = begun; due < begun + forMs; due += 1000 / perSecond) {
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    going.push(
      signIn(port).then(
        () => tookMs.push(performance.now() - due),
        (error: unknown) => failures.push(String(error)),
      ),
    );
  }
  await Promise.all(going);
  return { tookMs, failures };
}

async function signIn(port: number): Promise<void> {
  signIns += 1;
  const client = new Client(port, `127.0.2.${1 + (signIns % ADDRESSES)}`);
  const phone = demoPhone(`owner-${signIns}`);
  const verifier = randomBytes(32).toString('base64url');
  const common = { client_id: 'demo', redirect_uri: `http://localhost:${port}/demo/callback` };
  const challenge = { code_challenge: s256(verifier), code_challenge_method: 'S256', binding: 'bearer' };
  try {
    const ticket = await client.post<Notice & { readonly browser_secret: string }>('/v1/tickets', 201, {
      json: { ...common, ...challenge },
    });
    const path = `/v1/tickets/${ticket.ticket_id}`;
    const bearer = { authorization: `Bearer ${ticket.browser_secret}` };
    const { isOpen, confirmed } = client.watch(`${path}/events`, bearer);
    await isOpen;
    const scan = { json: { scan_code: readScanCode(ticket) }, headers: phone };
    const { handshake } = await client.post<Scanned>('/v1/scans', 201, scan);
    await client.post(`${path}/confirm`, 200, { json: { handshake }, headers: phone });
    const code = (await confirmed).result?.code ?? '';
    const grant = { grant_type: 'authorization_code', code, code_verifier: verifier };
    await client.post<Tokens>('/oauth/token', 200, { form: { ...common, ...grant } });
  } finally {
    client.close();
  }
}
