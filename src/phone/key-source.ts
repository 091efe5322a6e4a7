import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors } from 'jose';
import type { JSONWebKeySet, JWSHeaderParameters, FlattenedJWSInput, CryptoKey } from 'jose';
import type { CallOutward } from '../outward/outward.ts';
import { parseJson, readJson } from './upstream-json.ts';
import { UpstreamAway } from './breaker.ts';
import type { Breaker } from './breaker.ts';

/** Public keys of somebody else, for `jwtVerify`. Throws `JWKSNoMatchingKey`, or {@link UpstreamAway} without any keys. */
export type KeySource = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/** Where keys come from and how often. Durations in milliseconds. */
export interface KeySourceOptions {
  /** An http(s) address, or a path. */
  readonly from: string;
  readonly breaker: Breaker;
  /** Keys older than this are read again, beside the calls that use them. */
  readonly freshMs: number;
  /** A key id that is unknown makes them be read again, at most this often. */
  readonly cooldownMs: number;
  readonly now: () => number;
  readonly call: CallOutward;
  /** Whether the operator wrote the address into the gateway's own settings. */
  readonly named: boolean;
}

type LocalSet = ReturnType<typeof createLocalJWKSet>;

/**
 * Keeps a JWKS (RFC 7517). No call waits for the network but the first, and one that names an unknown key; where the
 * source is away, the keys that are known go on counting.
 */
export function keySource(options: KeySourceOptions): KeySource {
  let keys: LocalSet | undefined;
  let triedAt = -Infinity;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const set = await options.breaker.call(
      async (signal) =>
        (await (/^https?:/.test(options.from)
          ? readJson(options.call, options.from, { signal, named: options.named })
          : readSet())) as JSONWebKeySet,
    );
    keys = createLocalJWKSet(set);
  }

  async function readSet(): Promise<unknown> {
    return parseJson(await readFile(options.from));
  }

  function readOnce(): Promise<void> {
    triedAt = options.now();
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  return async (header, token) => {
    const age = options.now() - triedAt;
    if (keys === undefined) await (reading ?? readOnce());
    else if (age >= options.freshMs) readOnce().catch(() => {});
    try {
      return await known()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (reading === undefined && options.now() - triedAt < options.cooldownMs) throw error;
      await (reading ?? readOnce());
      return await known()(header, token);
    }
  };

  function known(): LocalSet {
    if (keys === undefined) throw new UpstreamAway('no keys yet');
    return keys;
  }
}
