import { parseJson } from '../client/notice.ts';

/** A JWT taken apart (RFC 7519); nothing in it is proven yet. */
export interface DecodedToken {
  readonly header: { readonly alg?: string; readonly kid?: string };
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: string;
}

function bytesText(base64url: string): string {
  return atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
}

function toBytes(binary: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function readPart(part: string): unknown {
  try {
    return parseJson(decodeURIComponent(escape(bytesText(part))));
  } catch {
    return undefined;
  }
}

/** Takes a compact JWT apart, or answers `undefined`. */
export function decodeToken(token: string): DecodedToken | undefined {
  const parts = token.split('.');
  const [head = '', body = '', signature = ''] = parts;
  const header = readPart(head) as DecodedToken['header'] | undefined;
  const claims = readPart(body) as DecodedToken['claims'] | undefined;
  if (parts.length !== 3 || !header || !claims) return undefined;
  return { header, claims, signed: head + '.' + body, signature };
}

/** Whether a token is meant for this client and comes from this gateway (OpenID Connect Core §3.1.3.7). */
export function isFor(claims: DecodedToken['claims'], clientId: string, issuer: string): boolean {
  const audience = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']];
  return audience.indexOf(clientId) >= 0 && (issuer === '' || claims['iss'] === issuer);
}

/** What came of checking a signature; `unable` where the browser has no Ed25519, or no crypto on plain http. */
export type SignatureCheck = 'good' | 'bad' | 'unable';

/** Checks an EdDSA signature with a key of a JWKS (RFC 8037). */
export function checkSignature(
  token: DecodedToken,
  jwks: { readonly keys?: readonly (JsonWebKey & { kid?: string })[] } | undefined,
  done: (check: SignatureCheck) => void,
): void {
  const subtle = window.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle || token.header.alg !== 'EdDSA' || !jwks) {
    done('unable');
    return;
  }
  const key = (jwks.keys ?? []).filter((one) => one.kid === token.header.kid && one.crv === 'Ed25519')[0];
  if (!key) {
    done('bad');
    return;
  }
  const plain = { kty: 'OKP', crv: 'Ed25519', x: key.x ?? '' };
  const signature = toBytes(bytesText(token.signature));
  subtle.importKey('jwk', plain, 'Ed25519', false, ['verify']).then(
    (imported) => {
      subtle.verify('Ed25519', imported, signature, toBytes(token.signed)).then(
        (good) => done(good ? 'good' : 'bad'),
        () => done('bad'),
      );
    },
    () => done('unable'),
  );
}
