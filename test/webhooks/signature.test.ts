import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { readSigningKey, signedHeaders } from '../../src/webhooks/signature.ts';

// RFC 8032 §7.1, test 1.
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');

test('a message under a whsk_ key holds under its public key, and no other message does', () => {
  const x = PUBLIC.toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  for (const bytes of [SEED, Buffer.concat([SEED, PUBLIC])]) {
    const signing = readSigningKey(`whsk_${bytes.toString('base64')}`)!;
    const headers = signedHeaders([signing], 'msg_7', '{"type":"minted"}', 1_796_000_000_123);
    expect(headers['webhook-timestamp']).toBe('1796000000');
    const [version, signature] = headers['webhook-signature']!.split(',');
    expect(version).toBe('v1a');
    const holds = (signed: string): boolean =>
      verify(null, Buffer.from(signed), key, Buffer.from(signature!, 'base64'));
    expect(holds('msg_7.1796000000.{"type":"minted"}')).toBe(true);
    expect(holds('msg_8.1796000000.{"type":"minted"}')).toBe(false);
  }
});
