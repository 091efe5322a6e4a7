import { sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { KeyFact, VouchFact } from '../entry/entry.ts';
import { isSignature, recordKeyJwk } from './signed-head.ts';
import type { RecordKeyJwk } from './signed-head.ts';

/** A key of the record, and who says that it is the gateway's. */
export interface VouchedKey {
  readonly key: KeyFact;
  readonly vouch?: VouchFact | undefined;
}

/** Vouches for a key with another: Ed25519, in base64url, over the lines `scangate-record-key`, kid and x. */
export function vouchFor(key: RecordKeyJwk, privateKey: KeyObject): VouchFact {
  const signature = sign(null, vouchText(key), privateKey).toString('base64url');
  return { kid: recordKeyJwk(privateKey).kid, signature };
}

/** Those keys that are vouched for by one of `known`, or by one that is itself. Not `known` itself. */
export function vouchedKeys(
  known: readonly RecordKeyJwk[],
  said: readonly VouchedKey[],
): readonly RecordKeyJwk[] {
  const trusted = new Map(known.map((key) => [key.kid, key]));
  const found: RecordKeyJwk[] = [];
  for (let before = -1; before < found.length;) {
    before = found.length;
    for (const { key, vouch } of said) {
      const by = trusted.get(vouch?.kid ?? '');
      if (vouch === undefined || by === undefined || trusted.has(key.kid)) continue;
      if (!isSignature(vouchText(key), vouch.signature, by)) continue;
      trusted.set(key.kid, key);
      found.push(key);
    }
  }
  return found;
}

/** The `kid`s that this one is joined to: a key and the one that vouches for it are, whichever of them it is. Itself, too. */
export function joinedKeys(kid: string, said: readonly VouchedKey[]): ReadonlySet<string> {
  const keys = new Map(said.map(({ key }) => [key.kid, key]));
  const vouched = said.filter(({ key, vouch }) => {
    const by = keys.get(vouch?.kid ?? '');
    return vouch !== undefined && by !== undefined && isSignature(vouchText(key), vouch.signature, by);
  });
  const joined = new Set([kid]);
  for (let before = 0; before < joined.size;) {
    before = joined.size;
    for (const { key, vouch } of vouched) {
      if (vouch === undefined || !(joined.has(key.kid) || joined.has(vouch.kid))) continue;
      joined.add(key.kid).add(vouch.kid);
    }
  }
  return joined;
}

function vouchText({ kid, x }: RecordKeyJwk): Buffer {
  return Buffer.from(['scangate-record-key', kid, x].join('\n'));
}
