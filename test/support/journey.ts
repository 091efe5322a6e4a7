import { expectStatus } from './call.ts';
import { confirm, mint, readScanCode, redeem, scan } from './signin.ts';
import type { MintOptions, Minted, Tokens } from './signin.ts';
import { watch } from './watching.ts';
import type { TransportName, Watching } from './watching.ts';

/** A whole sign-in, and what each actor held at its end. */
export interface Journey {
  readonly ticket: Minted;
  readonly watching: Watching;
  readonly handshake: string;
  readonly code: string;
  readonly tokens: Tokens;
}

/** Mint and watch at `browserUrl`, scan and confirm at `phoneUrl`, redeem at the first. */
export async function signIn(
  browserUrl: string,
  options: {
    readonly transport?: TransportName;
    readonly phoneUrl?: string;
    readonly name?: string;
    readonly mint?: MintOptions;
  } = {},
): Promise<Journey> {
  const { transport = 'events', phoneUrl = browserUrl, name = 'alice' } = options;
  const ticket = await mint(browserUrl, options.mint);
  const watching = watch(transport, ticket, { bases: [browserUrl] });
  try {
    const pending = await watching.told('pending');
    const scanned = expectStatus(await scan(phoneUrl, readScanCode(pending), name), 201);
    const { number } = await watching.told('scanned');
    const matched = number !== undefined && scanned.number_match === true ? { number } : {};
    expectStatus(await confirm(phoneUrl, scanned, name, matched), 200);
    const { result } = await watching.final;
    if (result === undefined) throw new Error('confirmed without a result');
    const tokens = expectStatus(await redeem(browserUrl, ticket, result.code), 200);
    return { ticket, watching, handshake: scanned.handshake, code: result.code, tokens };
  } finally {
    watching.stop();
  }
}
