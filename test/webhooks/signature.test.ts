import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
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

test('while a secret is replaced, a library of others takes the message under the old one and the new one alone', () => {
  const [old, next, foreign] = [1, 2, 3].map((byte) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`);
  const text = '{"type":"minted","data":{"user":"Zoë"}}';
  const headers = signedHeaders([readSigningKey(old!)!, readSigningKey(next!)!], 'msg_7', text, Date.now());
  const taken = (secret: string, given: string, id = 'msg_7'): unknown =>
    new Webhook(secret).verify(given, { ...headers, 'webhook-id': id });
  expect(taken(old!, text)).toEqual(JSON.parse(text));
  expect(taken(next!, text)).toEqual(JSON.parse(text));
  expect(() => taken(foreign!, text)).toThrow('No matching signature');
  expect(() => taken(old!, text.replace('minted', 'opened'))).toThrow('No matching signature');
  expect(() => taken(old!, text, 'msg_8')).toThrow('No matching signature');
});
