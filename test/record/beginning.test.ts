import { expect, test } from '@jest/globals';
import { openFileArchive } from '../../src/keepers/file/open-archive.ts';
import { beginningOf } from '../../src/record/search/beginning.ts';
import { entry, writer } from '../contract/archive.ts';
import { temporaryFolder } from '../support/folder.ts';

test('a record says how far back it goes once something was let go of', async () => {
  const folder = await temporaryFolder();
  const archive = await openFileArchive(folder.path);
  expect(await beginningOf(archive)).toBeUndefined();
  await writer(archive).add([entry(1), entry(2000), entry(3000)]);
  expect(await beginningOf(archive)).toBeUndefined();
  await archive.trim(entry(2000).id, 10);
  expect(await beginningOf(archive)).toBe('2026-06-01T00:00:02.000Z');
  await archive.close();
  await folder.remove();
});
