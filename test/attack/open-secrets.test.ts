import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { assertOutward } from '../../src/compose/outward.ts';
import { readConfig } from '../../src/config/config.ts';
import { temporaryFolder } from '../support/folder.ts';

const secret = randomBytes(32).toString('base64url');

test.each([
  [0o600, true],
  [0o640, true],
  [0o440, true],
  [0o644, false],
  [0o604, false],
  [0o602, false],
  [0o666, false],
])('attack: secrets in a file of mode %o are taken: %s', async (mode, isTaken) => {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'secrets');
  writeFileSync(file, secret);
  chmodSync(file, mode);
  const read = (): unknown => readConfig({ SCANGATE_SECRETS_FILE: file }).secrets;
  if (isTaken) expect(read()).toEqual([secret]);
  else expect(read).toThrow(/^SCANGATE_SECRETS_FILE: can be read or written by every user(?![^]*=.*[-_])/);
  await folder.remove();
});

test.each([
  ['https://users.example/status', true],
  ['http://127.0.0.1:9000/status', true],
  ['http://localhost/status', true],
  ['http://[::1]:9000/', true],
  ['http://users.example/status', false],
  ['http://10.0.0.7/status', false],
  ['http://localhost.evil.example/', false],
  ['https://169.254.169.254/latest', false],
  ['http://169.254.169.254/latest', false],
  ['https://2852039166/', false],
  ['https://[fe80::1]/', false],
  ['https://[::ffff:169.254.169.254]/', false],
  ['ftp://users.example/', false],
])('attack: what is asked for users and keys may be %s: %s', (address, may) => {
  const check = (): void => assertOutward('SCANGATE_USER_STATUS_URL', address);
  if (may) expect(check).not.toThrow();
  else expect(check).toThrow(/^SCANGATE_USER_STATUS_URL: /);
});
