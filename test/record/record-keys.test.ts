import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { isKnownSigner, RecordKeys } from '../../src/compose/record/record-keys.ts';
import type { Archive, Kept } from '../../src/record/archive.ts';
import { recordKeyJwk } from '../../src/record/chain/signed-head.ts';
import { vouchFor } from '../../src/record/chain/signed-key.ts';
import type { Facts } from '../../src/record/entry/entry.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { systemTime } from '../../src/time/system-time.ts';

const [FIRST, SECOND, THIRD] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte).toString('base64url')) as [
  string,
  string,
  string,
];

/** What stands in the record, the newest first. */
function archiveOf(said: readonly Facts[]): Pick<Archive, 'find'> {
  const kept = said.toReversed().map((facts) => ({ text: JSON.stringify(facts) }) as Kept);
  return { find: () => Promise.resolve(kept) };
}

/** The keys that gateways with these secrets write down one after the other. */
async function written(...rings: readonly (readonly string[])[]): Promise<Facts[]> {
  const said: Facts[] = [];
  const recorder = { report: (facts: Facts) => void said.push(facts), sign: () => Promise.resolve() };
  for (const ring of rings) await new RecordKeys(new KeyRing(ring), systemTime).sign(recorder);
  return said;
}

async function published(ring: readonly string[], said: readonly Facts[]): Promise<readonly string[]> {
  const keys = await new RecordKeys(new KeyRing(ring), systemTime).published(archiveOf(said));
  return keys.map(({ kid }) => kid);
}

test('a key stays published after two rotations, each key being vouched for by the one after it', async () => {
  const said = await written([FIRST], [SECOND, FIRST], [THIRD, SECOND]);
  const each = await Promise.all([THIRD, SECOND, FIRST].map(async (secret) => await published([secret], [])));
  expect(await published([THIRD], said)).toEqual(each.flat());
});

test('a key that only the record names is not published, whoever it says vouches for it', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = recordKeyJwk(privateKey);
  const own = await published([FIRST], []);
  const [said] = await written([FIRST]);
  const forged: readonly Facts[] = [
    { kind: 'record_key', key },
    { kind: 'record_key', key, vouch: vouchFor(key, privateKey) },
    { kind: 'record_key', key, vouch: { ...vouchFor(key, privateKey), kid: own[0] ?? '' } },
    { kind: 'record_key', key, vouch: said!.vouch! },
    { kind: 'record_key', key: { ...key, kid: own[0] ?? '' }, vouch: said!.vouch! },
    { kind: 'record_key', key: { ...key, x: 'none' } },
  ];
  expect(await published([FIRST], forged)).toEqual(own);
});

test('a command signs with a secret of the gateways, an old one too, and not where another could be theirs', async () => {
  const isKnown = async (secret: string, said: readonly Facts[]): Promise<boolean> =>
    await isKnownSigner(new KeyRing([secret]), archiveOf(said));
  const rotated = await written([FIRST], [SECOND, FIRST]);
  expect(await Promise.all([FIRST, SECOND, THIRD].map((secret) => isKnown(secret, rotated)))).toEqual([
    true,
    true,
    false,
  ]);
  const foreign = [...rotated, ...(await written([THIRD]))];
  expect(await Promise.all([FIRST, SECOND, THIRD].map((secret) => isKnown(secret, foreign)))).toEqual([
    false,
    false,
    false,
  ]);
  expect(await isKnown(FIRST, [])).toBe(false);
});

test('who takes the name of a key of the gateways for a voucher joins nothing', async () => {
  const [first] = await written([FIRST]);
  const [third] = await written([THIRD]);
  const lie = { ...third!, vouch: { ...third!.vouch!, kid: first!.key!.kid } };
  expect(await isKnownSigner(new KeyRing([THIRD]), archiveOf([first!, lie]))).toBe(false);
});
