import { decodeBase64url } from './base64url.ts';
import { parseJson } from './notice.ts';
import type { PublicKey, ResultKey } from './result-key.ts';
import { sha256 } from './sha256.ts';

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const;
const ENC = 'A256GCM';
const KEY_BITS = 256;

/** Makes one; undefined where the browser cannot. */
export function makeResultKey(subtle: SubtleCrypto, done: (key: ResultKey | undefined) => void): void {
  const failed = (): void => done(undefined);
  subtle.generateKey(CURVE, false, ['deriveBits']).then(({ privateKey, publicKey }) => {
    subtle.exportKey('jwk', publicKey).then(({ x = '', y = '' }) => {
      done({
        jwk: { kty: 'EC', crv: 'P-256', x, y },
        open: (sealed, told) => open(subtle, privateKey, sealed, told),
      });
    }, failed);
  }, failed);
}

/** A JWE (RFC 7516 §5.2) by ECDH-ES (RFC 7518 §4.6) with A256GCM. */
function open(
  subtle: SubtleCrypto,
  privateKey: CryptoKey,
  sealed: string,
  done: (text: string | undefined) => void,
): void {
  const failed = (): void => done(undefined);
  const [head = '', , iv = '', text = '', tag = ''] = sealed.split('.');
  const header = parseJson(utf8(decodeBase64url(head))) as
    { readonly enc?: string; readonly epk?: PublicKey } | undefined;
  if (!header?.epk || header.enc !== ENC) {
    failed();
    return;
  }
  const { x, y } = header.epk;
  const decrypt = (shared: ArrayBuffer): Promise<ArrayBuffer> =>
    subtle
      .importKey('raw', contentKey(shared), 'AES-GCM', false, ['decrypt'])
      .then((key) =>
        subtle.decrypt(
          { name: 'AES-GCM', iv: bytes(decodeBase64url(iv)), additionalData: bytes(ascii(head)) },
          key,
          bytes(decodeBase64url(text).concat(decodeBase64url(tag))),
        ),
      );
  subtle
    .importKey('jwk', { kty: 'EC', crv: 'P-256', x, y }, CURVE, false, [])
    .then((publicKey) => subtle.deriveBits({ name: 'ECDH', public: publicKey }, privateKey, KEY_BITS))
    .then(decrypt)
    .then((opened) => done(new TextDecoder().decode(opened)), failed);
}

/** The key that both sides come to (Concat KDF, RFC 7518 §4.6.2): one round of SHA-256. */
function contentKey(shared: ArrayBuffer): Uint8Array<ArrayBuffer> {
  const round = [0, 0, 0, 1];
  const algorithm = [0, 0, 0, ENC.length].concat(ascii(ENC));
  const parties = [0, 0, 0, 0, 0, 0, 0, 0];
  const length = [0, 0, KEY_BITS >> 8, KEY_BITS & 255];
  const secret = Array.prototype.slice.call(new Uint8Array(shared)) as number[];
  return bytes(sha256(round.concat(secret, algorithm, parties, length)));
}

function ascii(text: string): number[] {
  return text.split('').map((char) => char.charCodeAt(0));
}

function bytes(list: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(list);
}

function utf8(list: number[]): string {
  return new TextDecoder().decode(bytes(list));
}
