import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { rsaKeyFrom } from '../../src/secrets/rsa-key.ts';

test('the key of a seed stays the one of former releases, which nodes beside this one may run', async () => {
  const { n } = (await rsaKeyFrom(Buffer.alloc(32, 7))).export({ format: 'jwk' });
  expect(
    createHash('sha256')
      .update(n ?? '')
      .digest('hex'),
  ).toBe('ca8ea23251b4889c66edaed7e85ee49071b2a017d9ad51ade10280ef05f823cc');
});
