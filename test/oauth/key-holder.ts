import { createHash, randomUUID } from 'node:crypto';
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { call } from '../support/call.ts';
import type { Answer, CallOptions } from '../support/call.ts';

/** What a proof says in the place of what it should; undefined leaves a member out. */
export interface ProofOver {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs in the place of the holder's own key. */
  readonly signer?: CryptoKey;
}

/** Someone who holds a key and proves it by hand (RFC 9449 §4). */
export class KeyHolder {
  readonly publicKey: JWK;
  readonly privateKey: CryptoKey;
  readonly jkt: string;
  /** The nonce that the gateway gave last. */
  nonce: string | undefined;
  readonly #alg: string;

  private constructor(alg: string, publicKey: JWK, privateKey: CryptoKey, jkt: string) {
    this.#alg = alg;
    this.publicKey = publicKey;
    this.privateKey = privateKey;
    this.jkt = jkt;
  }

  static async make(alg = 'ES256'): Promise<KeyHolder> {
    const pair = await generateKeyPair(alg, { extractable: true });
    const publicKey = await exportJWK(pair.publicKey);
    return new KeyHolder(alg, publicKey, pair.privateKey, await calculateJwkThumbprint(publicKey, 'sha256'));
  }

  proof(method: string, url: string, token?: string, over: ProofOver = {}): Promise<string> {
    const claims = {
      htm: method,
      htu: url,
      jti: randomUUID(),
      iat: Math.floor(Date.now() / 1000),
      nonce: this.nonce,
      ath: token && createHash('sha256').update(token).digest('base64url'),
      ...over.claims,
    };
    const header = { alg: this.#alg, typ: 'dpop+jwt', jwk: this.publicKey, ...over.header };
    return new SignJWT(JSON.parse(JSON.stringify(claims)) as JWTPayload)
      .setProtectedHeader(JSON.parse(JSON.stringify(header)) as { alg: string })
      .sign(over.signer ?? this.privateKey);
  }

  /** Calls with a proof, and once more where the first try only lacked the nonce. */
  async call<T = Readonly<Record<string, unknown>>>(
    url: string,
    options: CallOptions = {},
    token?: string,
  ): Promise<Answer<T>> {
    const method = options.method ?? ((options.form ?? options.json) ? 'POST' : 'GET');
    for (let tries = 0; ; tries += 1) {
      const headers = {
        ...options.headers,
        ...(token === undefined ? {} : { authorization: `DPoP ${token}` }),
        dpop: await this.proof(method, url, token),
      };
      const answer = await call<T & { readonly error?: string; readonly code?: string }>(url, {
        ...options,
        headers,
      });
      this.nonce = answer.headers.get('dpop-nonce') ?? this.nonce;
      const { error, code } = answer.body ?? {};
      if (tries > 0 || (error ?? code) !== 'use_dpop_nonce') return answer;
    }
  }
}
