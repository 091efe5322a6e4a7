import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exportLines } from '../../src/cli/audit/export-lines.ts';
import { prove } from '../../src/cli/audit/prove.ts';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import type { Archive } from '../../src/record/archive.ts';
import { linkHash } from '../../src/record/chain/link.ts';
import { recordKeyJwk, signedHead } from '../../src/record/chain/signed-head.ts';
import { Verification } from '../../src/record/chain/verification.ts';
import type { Break } from '../../src/record/chain/verification.ts';
import { entry, writer } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';

interface Line {
  readonly chain: number;
  readonly link: number;
  readonly hash: string;
  readonly text: string;
  readonly key?: string;
  readonly told: Readonly<Record<string, unknown>>;
}

const { privateKey } = generateKeyPairSync('ed25519');
const START_MS = Date.UTC(2026, 5, 1);
const MINUTE_MS = 60_000;

let folder: TemporaryFolder;
let archive: Archive;
let lines: readonly Line[];
let end: { readonly heads: readonly object[]; readonly at: string };

beforeAll(async () => {
  folder = await temporaryFolder();
  archive = await openFileArchive(folder.path);
  const chain = writer(archive);
  for (let minute = 0; minute < 4; minute += 1) {
    await chain.add([1, 2, 3].map((at) => entry(minute * MINUTE_MS + at)));
    const sign = (of: number, head: Parameters<typeof signedHead>[2]) => signedHead(privateKey, of, head);
    await chain.sign(async (of, head) => ({
      id: entry(minute * MINUTE_MS + 10).id,
      facts: { kind: 'head', head: sign(of, head) },
      personal: {},
    }));
  }
  ({ lines, end } = await exported());
  await writeFile(join(folder.path, 'keys.json'), JSON.stringify({ keys: [recordKeyJwk(privateKey)] }));
});

afterAll(async () => {
  await archive.close();
  await folder.remove();
});

async function exported(): Promise<{ lines: Line[]; end: typeof end; floor?: object }> {
  const all: object[] = [];
  for await (const line of exportLines(archive, () => START_MS + 4 * MINUTE_MS)) all.push(line);
  const floor = all.find((line) => 'floor' in line);
  return {
    lines: all.filter((line) => 'text' in line) as Line[],
    end: all.at(-1) as typeof end,
    ...(floor === undefined ? {} : { floor }),
  };
}

/** The status, and what is named, of an export of these lines. */
async function verified(given: readonly object[], heads?: object): Promise<unknown> {
  const [file, anchor] = [join(folder.path, 'export'), join(folder.path, 'heads')];
  await writeFile(file, given.map((line) => JSON.stringify(line)).join('\n'));
  if (heads !== undefined) await writeFile(anchor, JSON.stringify(heads));
  const told: { readonly break?: Break }[] = [];
  const status = await prove(
    'verify',
    file,
    { keys: join(folder.path, 'keys.json'), ...(heads === undefined ? {} : { heads: anchor }) },
    {
      say: () => undefined,
      tell: (value) => void told.push(value as (typeof told)[number]),
      remark: () => undefined,
    },
  );
  return [status, ...told.flatMap((one) => (one.break === undefined ? [] : [one.break.what]))];
}

/** Lines as someone writes them who has no key. */
function rechained(given: readonly Line[]): Line[] {
  let hash = '';
  return given.map((line) => {
    hash = linkHash(hash, line.text);
    return { ...line, hash };
  });
}

test('an export as it was written is whole', async () => {
  expect(await verified([...lines, end])).toEqual([0]);
  expect(await verified([...lines, end], end)).toEqual([0]);
});

test('what is told of an entry is held against its text', async () => {
  const [first, ...rest] = lines;
  const { key: _key, ...keyless } = first!;
  for (const altered of [
    { ...first, told: { ...first!.told, user: 'mallory' } },
    { ...first, told: { ...first!.told, kind: 'denied' } },
    { ...keyless, told: first!.told },
    { ...first, key: Buffer.alloc(32).toString('base64url') },
  ])
    expect(await verified([altered, ...rest, end])).toEqual([1, 'altered']);
});

test('a chain that was written anew, its heads made into something else, lacks its signatures', async () => {
  const anew = rechained(
    lines.map((line) => {
      const { head, ...facts } = JSON.parse(line.text) as { head?: object };
      if (head === undefined) return line;
      const told = { ...facts, kind: 'refreshed' };
      return { ...line, text: JSON.stringify(told), told };
    }),
  );
  expect(await verified([...anew, { ...end, heads: [] }])).toEqual([1, 'not_signed']);
});

test('what was cut off is missed: all of it, the last line, and with heads kept elsewhere the end', async () => {
  expect(await verified([])).toEqual([1, 'dropped']);
  expect(await verified(lines)).toEqual([1, 'dropped']);
  expect(await verified([...lines.slice(0, 8), end])).toEqual([1, 'dropped']);
  const shorter = [...lines.slice(0, 8), { ...end, heads: [] }];
  expect(await verified(shorter)).toEqual([0]);
  expect(await verified(shorter, end)).toEqual([1, 'dropped']);
  expect(await verified([{ heads: [], at: end.at }], end)).toEqual([1, 'dropped']);
});

test('a record that does not reach its own head is cut', () => {
  const verification = new Verification([recordKeyJwk(privateKey)]);
  verification.expect({ chain: 0, link: lines.length, hash: lines.at(-1)!.hash });
  const breaks = lines.slice(0, 8).flatMap((line) => verification.next(line));
  expect(breaks).toEqual([]);
  expect(verification.end(START_MS + 4 * MINUTE_MS)).toMatchObject([{ what: 'dropped', link: 9 }]);
});

test('an end that no signature covers yet is said, with its age, and is a break once it is old', () => {
  const verification = new Verification([recordKeyJwk(privateKey)]);
  expect(lines.slice(0, -1).flatMap((line) => verification.next(line))).toEqual([]);
  const since = Date.parse(String(lines.at(-2)!.told['at']));
  const link = lines.length - 3;
  expect(verification.end(since + MINUTE_MS)).toEqual([]);
  expect(verification.waiting(since + MINUTE_MS)).toEqual([{ chain: 0, link, entries: 3, age_s: 60 }]);
  expect(verification.end(since + 2 * MINUTE_MS + 3)).toMatchObject([{ what: 'not_signed', link }]);
  expect(verification.waiting(since + 2 * MINUTE_MS + 3)).toEqual([]);
});

test('an end that was young when its chain was read is no break, however long it took to read the others', () => {
  const verification = new Verification([recordKeyJwk(privateKey)]);
  const entryAt = (chain: number, minute: number): Break[] => {
    const text = JSON.stringify({ at: new Date(START_MS + minute * MINUTE_MS).toISOString() });
    return [...verification.next({ chain, link: 1, hash: linkHash('', text), text })];
  };
  expect([...entryAt(0, 0), ...entryAt(1, 5), ...entryAt(2, 1)]).toEqual([]);
  // The last was read behind one that is four minutes younger.
  expect(verification.end(START_MS + MINUTE_MS)).toMatchObject([{ chain: 2, what: 'not_signed' }]);
  expect(verification.waiting(START_MS + MINUTE_MS)).toMatchObject([
    { chain: 0, age_s: 60 },
    { chain: 1, age_s: 0 },
  ]);
});

test('the first entry that is left after a trim is held against the one before it', async () => {
  await archive.trim(entry(MINUTE_MS).id, 100);
  const { lines: left, end: last, floor } = await exported();
  expect(left).toHaveLength(lines.length - 4);
  expect(await verified([floor!, ...left, last])).toEqual([0]);
  const [first, ...rest] = left;
  const altered = {
    ...first!,
    text: first!.text.replace('confirmed', 'denied'),
    told: { ...first!.told, kind: 'denied' },
  };
  expect(await verified([floor!, altered, ...rest, last])).toEqual([1, 'altered']);
  expect(await verified([...left, last])).toEqual([1, 'dropped']);
});
