import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import { auditPage } from '../../src/operate/audit-page.ts';
import type { Archive } from '../../src/record/archive.ts';
import { beginningOf } from '../../src/record/search/beginning.ts';
import { search } from '../../src/record/search/search.ts';
import { entry, writer } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { scangate } from '../support/scangate.ts';

const SINCE = '2026-06-01T00:00:02.000Z';

let folder: TemporaryFolder;
let archive: Archive;

beforeAll(async () => {
  folder = await temporaryFolder();
  archive = await openFileArchive(join(folder.path, 'record'));
  await writer(archive).add([entry(1), entry(2000), entry(3000)]);
});

afterAll(async () => {
  await archive?.close();
  await folder?.remove();
});

/** What `GET /v1/audit` says. */
async function page(): Promise<Record<string, unknown>> {
  const record = {
    search: (asked: Parameters<typeof search>[1]) => search(archive, asked),
    beginning: () => beginningOf(archive),
  };
  const { status, body } = await auditPage(record, new URLSearchParams({ limit: '1' }), Date.now());
  expect(status).toBe(200);
  return JSON.parse(String(body)) as Record<string, unknown>;
}

function audit(...args: readonly string[]): ReturnType<typeof scangate> {
  return scangate(['audit', ...args], { SCANGATE_STORE: `file:${folder.path}` });
}

test('a record of which nothing was let go says of no beginning', async () => {
  expect(await beginningOf(archive)).toBeUndefined();
  expect(await page()).toEqual({ events: [expect.anything()], next: expect.any(String) });
  expect(await audit('--json')).toMatchObject({ status: 0, stderr: '' });
});

test('once something was, it says how far back it goes: to people, to programs, and over HTTP', async () => {
  await archive.trim(entry(2000).id, 10);
  expect(await beginningOf(archive)).toBe(SINCE);
  expect(await page()).toMatchObject({ events: [{ at: SINCE }], record_since: SINCE });
  const told = await audit('--json');
  expect(JSON.parse(told.stderr)).toEqual({ record_since: SINCE });
  // Standard output has events and nothing else.
  const events = told.stdout.trimEnd().split('\n');
  expect(events.map((line) => (JSON.parse(line) as { at: string }).at)).toEqual([
    SINCE,
    '2026-06-01T00:00:03.000Z',
  ]);
  const { stdout, stderr } = await audit();
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(
    `older entries were let go of: the record goes back to ${SINCE}`,
  );
  expect(stderr).toBe('');
});
