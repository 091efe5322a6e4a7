import { parseJson } from '../../client/notice.ts';

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

/** What came of checking a signature; `unable` where the browser has no crypto, as on plain http. */
export type SignatureCheck = 'good' | 'bad' | 'unable';

/** Checks an RS256 signature, which is the demo client's, with a key of a JWKS (RFC 7518 §3.3). */
export function checkSignature(
  token: DecodedToken,
  jwks: { readonly keys?: readonly (JsonWebKey & { kid?: string })[] } | undefined,
  done: (check: SignatureCheck) => void,
): void {
  const subtle = window.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle || token.header.alg !== 'RS256' || !jwks) {
    done('unable');
    return;
  }
  const key = (jwks.keys ?? []).filter((one) => one.kid === token.header.kid && one.kty === 'RSA')[0];
  if (!key) {
    done('bad');
    return;
  }
  const plain = { kty: 'RSA', n: key.n ?? '', e: key.e ?? '' };
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const signature = toBytes(bytesText(token.signature));
  subtle.importKey('jwk', plain, algorithm, false, ['verify']).then(
    (imported) => {
      subtle.verify(algorithm.name, imported, signature, toBytes(token.signed)).then(
        (good) => done(good ? 'good' : 'bad'),
        () => done('bad'),
      );
    },
    () => done('unable'),
  );
}
